import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}
export type Change = (logicalId: string, resource: Resource) => void;

/** A copy of cdk.out whose templates are changed in settings alone; what they deploy (code, scripts, jars) is the same. */
export async function changedTemplates(cdkOut: string, folder: string, change: Change): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(cdkOut)) {
    const [from, to] = [join(cdkOut, name), join(folder, name)];
    if (!name.endsWith('.template.json')) {
      await symlink(from, to);
      continue;
    }
    const template = JSON.parse(await readFile(from, 'utf8')) as { Resources: Record<string, Resource> };
    for (const [id, resource] of Object.entries(template.Resources)) change(id, resource);
    await writeFile(to, JSON.stringify(template));
  }
  return folder;
}

export interface Settings {
  /** Environment of the landing beside its own. */
  readonly landing: Readonly<Record<string, string>>;
  readonly landingTimeoutSeconds: number;
  /** Records of a micro-batch at most: small ones, so that a fault finds several under way. */
  readonly maxOffsets: number;
  readonly triggerSeconds: number;
}

/** More than one run of the suite has. */
const KILLS = 1_000;

/** The settings of the suite: only the stream runs by itself, everything else when a scenario asks for it. */
export function suiteSettings({
  landing,
  landingTimeoutSeconds,
  maxOffsets,
  triggerSeconds,
}: Settings): Change {
  return (_id, { Type, Properties }) => {
    if (Type === 'AWS::Glue::Trigger') {
      Properties.Schedule = 'cron(0 3 * * ? *)';
    }
    if (Type === 'AWS::Glue::Job' && String(Properties.Name).endsWith('-silver')) {
      // A suite kills the driver far more often than a month does; what keep-alive does then has a test of its own.
      Properties.MaxRetries = KILLS;
      Object.assign(Properties.DefaultArguments as object, {
        '--max-offsets': String(maxOffsets),
        '--trigger-seconds': String(triggerSeconds),
      });
    }
    if (Type === 'AWS::Lambda::Function' && String(Properties.FunctionName).endsWith('-land')) {
      Properties.Timeout = landingTimeoutSeconds;
      const environment = Properties.Environment as { Variables: object };
      Object.assign(environment.Variables, landing);
    }
  };
}
