import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bucketOf } from '../../../bin/command/running.ts';
import { readToolchain } from '../../../bin/setup/toolchain.js';
import { prefixesOf } from '../../../lib/constructs/locations.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import type { State } from '../../../localstack/state.ts';
import type { Found } from './oracle.ts';

const SCRIPT = fileURLToPath(new URL('./lake.py', import.meta.url));
const POSITION = ['kafka_partition', 'kafka_offset'];

export interface Source {
  readonly state: State;
  readonly manifest: Manifest;
  /** The services themselves, past any proxy. */
  readonly s3: string;
  readonly glue: string;
}

interface Wanted {
  readonly iceberg: Readonly<Record<string, { readonly table: string; readonly columns: readonly string[] }>>;
  readonly parquet: Readonly<Record<string, { readonly place: string; readonly columns: readonly string[] }>>;
}

/** Rows by name, as lake.py prints them. */
async function read(source: Source, wanted: Wanted): Promise<Map<string, unknown[][]>> {
  const { state, s3, glue } = source;
  const child = spawn(readToolchain().python, [SCRIPT, s3, glue, JSON.stringify(wanted)], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      TZ: 'UTC',
      AWS_ACCESS_KEY_ID: state.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: state.credentials.secretAccessKey,
      AWS_REGION: state.region,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  let said = '';
  child.stderr.on('data', (data) => {
    said = (said + data).slice(-4_000);
  });
  const rows = new Map<string, unknown[][]>();
  for await (const line of createInterface({ input: child.stdout })) {
    const { t: name, r: row } = JSON.parse(line) as { t: string; r: unknown[] };
    const list = rows.get(name);
    if (list === undefined) rows.set(name, [row]);
    else list.push(row);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`lake.py ended with ${code}: ${said}`);
  return rows;
}

/** Silver, quarantine and bronze of a dataset. */
export async function readLake(source: Source): Promise<Found> {
  const { manifest, state } = source;
  const { tables } = manifest;
  const prefixes = prefixesOf(manifest);
  const fields = manifest.fields.map(({ column }) => column);
  const fault = [...POSITION, 'reason'];
  const place = (bucket: string, prefix: string) => `${bucketOf(state, bucket)}/${prefix}`;
  const rows = await read(source, {
    iceberg: {
      silver: { table: `${databaseOf(state)}.${tables.silver}`, columns: [...fields, ...POSITION] },
      rejected: { table: `${databaseOf(state)}.${tables.rejected}`, columns: fault },
    },
    parquet: {
      landed: { place: place('Quarantine', prefixes.quarantine), columns: fault },
      bronze: { place: place('Bronze', prefixes.bronze), columns: [...POSITION, 'kafka_value'] },
    },
  });
  const positions = (name: string) =>
    (rows.get(name) ?? []).map(([partition, offset, what]) => ({
      partition: partition as number,
      offset: offset as number,
      what: what as string | null,
    }));
  return {
    silver: (rows.get('silver') ?? []).map((row) => ({
      content: row.slice(0, fields.length),
      partition: row[fields.length] as number,
      offset: row[fields.length + 1] as number,
    })),
    landed: positions('landed'),
    rejected: positions('rejected'),
    bronze: positions('bronze'),
  };
}

/** Rows of one Iceberg table. */
export async function readTable(
  source: Source,
  name: string,
  columns: readonly string[],
): Promise<unknown[][]> {
  const table = `${databaseOf(source.state)}.${name}`;
  return (await read(source, { iceberg: { rows: { table, columns } }, parquet: {} })).get('rows') ?? [];
}

/** The database of a stage's tables. */
function databaseOf({ stage }: State): string {
  return `millrace_${stage}`;
}
