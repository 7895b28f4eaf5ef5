import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IgnoreMode } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { MillraceError } from '../errors.ts';
import { projectRoot } from './function-bundle.ts';
import { logicalName } from './logical-name.ts';

/** What a job does: the name of its entry script in glue-jobs/. */
export type JobKind = 'silver' | 'gold' | 'sweep' | 'maintain' | 'rebuild';

export const jobKinds: readonly JobKind[] = ['silver', 'gold', 'sweep', 'maintain', 'rebuild'];

/**
 * Paths of the connector jars (Kafka source, IAM authentication), in the order of their names.
 *
 * The folder is named by MILLRACE_JARS_AWS, which bin/synth.js sets to the jars of the set-up. It is never guessed:
 * jars of another version would deploy as well, and fail only in the job. Throws MR203 where there are none.
 */
export function connectorJars(environment: NodeJS.ProcessEnv = process.env): string[] {
  const folder = environment.MILLRACE_JARS_AWS ?? '';
  const jars = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.jar'))
        .sort()
    : [];
  if (jars.length === 0)
    throw new MillraceError('MR203', 'the connector jars of the Spark jobs are missing', {
      where: `MILLRACE_JARS_AWS=${folder}`,
      mend: 'npx millrace setup, or name their folder in MILLRACE_JARS_AWS',
    });
  return jars.map((name) => join(folder, name));
}

/** `kafka-clients-3.9.1.jar` -> `KafkaClients391`. */
function jarName(path: string): string {
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return logicalName(file.replace(/\.jar$/, ''));
}

/** What every Spark job runs: entry scripts, the Python package and the connector jars, as assets. */
export class SparkAssets extends Construct {
  readonly scripts: Readonly<Record<JobKind, Asset>>;
  /** A zip with `millrace_jobs/` at its top. */
  readonly package: Asset;
  readonly jars: readonly Asset[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const folder = join(projectRoot, 'glue-jobs');
    const script = (kind: JobKind) => new Asset(this, `Script-${kind}`, { path: join(folder, `${kind}.py`) });
    this.scripts = {
      silver: script('silver'),
      gold: script('gold'),
      sweep: script('sweep'),
      maintain: script('maintain'),
      rebuild: script('rebuild'),
    };
    this.package = new Asset(this, 'Package', {
      path: folder,
      // All but the package itself, so that its hash follows from what runs and from nothing else.
      ignoreMode: IgnoreMode.GIT,
      exclude: ['/*', '!/millrace_jobs', '__pycache__', '*.pyc', '.*'],
    });
    this.jars = connectorJars().map((path) => new Asset(this, `Jar-${jarName(path)}`, { path }));
  }

  /** Every asset a job of that kind reads. */
  of(kind: JobKind): readonly Asset[] {
    return [this.scripts[kind], this.package, ...this.jars];
  }
}
