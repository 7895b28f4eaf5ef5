import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Lab } from './lab.ts';

const script = fileURLToPath(new URL('./tables.py', import.meta.url));

/** A database of empty twins of the Iceberg tables that the templates declare. */
export async function makeTwins(lab: Lab, database: string): Promise<void> {
  const { region, endpoints, credentials, toolchain } = lab.local;
  const access = {
    region,
    'access-key-id': credentials.accessKeyId,
    'secret-access-key': credentials.secretAccessKey,
  };
  const prefixed = (prefix: string, endpoint: string): [string, string][] => [
    [`${prefix}.endpoint`, endpoint],
    ...Object.entries(access).map(([name, value]): [string, string] => [`${prefix}.${name}`, value]),
  ];
  const properties = Object.fromEntries([
    ['type', 'glue'],
    ...prefixed('glue', endpoints.aws),
    ...prefixed('s3', endpoints.s3),
  ]);
  const words = [script, `millrace_${lab.state.stage}`, database];
  await execa(toolchain.python, words, { input: JSON.stringify(properties) });
}
