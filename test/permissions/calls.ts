/** The calls of AWS that a role's code can make, found in its source: what its bundle holds, or what its script imports. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectRoot } from '../../lib/constructs/function-bundle.ts';

/** Clients of AWS SDK for JavaScript: a command is sent, or pages of it are. */
const command = /new (?<name>[A-Z]\w*)Command\(|paginate(?<paged>[A-Z]\w*)\(/g;
const client = /from '@aws-sdk\/client-(?<service>[\w-]+)'/g;
/** What kafkajs does of itself, by the method that asks for it. */
const kafkajs = /\b(?<part>admin|consumer|producer|kafka)\s*\.(?<method>[a-z]\w*)\(/g;
/** kafkajs's own bookkeeping, which asks the brokers for nothing more than its other methods. */
const kafkajsAside = ['on', 'seek', 'pause', 'disconnect', 'admin'];

/** Own modules of a function, those that a bundler keeps: a type that is imported brings no code. */
export function modulesOfFunction(entry: string): string[] {
  const { metafile } = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([name, { bytesInOutput }]) => (bytesInOutput > 0 ? [name] : [])),
  );
}

/** Calls in a TypeScript module: `s3 PutObject`, `kafkajs producer.send`. */
export function callsInTypeScript(source: string): string[] {
  const services = [...source.matchAll(client)].map(({ groups }) => groups?.service ?? '');
  const commands = [...source.matchAll(command)].map(({ groups }) => groups?.name ?? groups?.paged ?? '');
  if (commands.length > 0 && services.length !== 1)
    throw new Error(
      `a module that sends ${commands.join(', ')} must import one client, not ${services.length}`,
    );
  const kafka = /from 'kafkajs'/.test(source)
    ? [...source.matchAll(kafkajs)]
        .map(({ groups }) => ({ part: groups?.part ?? '', method: groups?.method ?? '' }))
        .filter(({ method }) => !kafkajsAside.includes(method))
        .map(({ part, method }) => `kafkajs ${part}.${method}`)
    : [];
  return [...commands.map((name) => `${services[0]} ${name}`), ...kafka];
}

/** Calls of a function, in order, each once. */
export function callsOfFunction(entry: string): string[] {
  return unique(
    modulesOfFunction(entry).flatMap((name) =>
      callsInTypeScript(readFileSync(join(projectRoot, name), 'utf8')),
    ),
  );
}

const imported =
  /^\s*(?:from|import)\s+millrace_jobs(?:\.(?<module>\w+))?(?:\s+import\s+(?<names>[^#\n]+))?/gm;

/** Python modules of a job: its script, and all that it imports, also inside functions. */
export function modulesOfJob(script: string): string[] {
  const folder = join(projectRoot, 'glue-jobs');
  const found = new Set<string>();
  const visit = (file: string) => {
    if (found.has(file) || !existsSync(join(folder, file))) return;
    found.add(file);
    for (const { groups } of readFileSync(join(folder, file), 'utf8').matchAll(imported)) {
      const names = groups?.module === undefined ? (groups?.names ?? '').split(',') : [groups.module];
      for (const name of names) visit(join('millrace_jobs', `${name.replaceAll(/[()\s]/g, '')}.py`));
    }
  };
  visit(`${script}.py`);
  return [...found].sort();
}

const boto = /boto3\.client\('(?<service>[\w-]+)'\)/g;
const method = /(?:client|boto3\.client\('[\w-]+'\)\)?)\.(?<name>[a-z_]+)\(/g;
const paginator = /get_paginator\('(?<name>\w+)'\)/g;

/** Calls in a Python module: `s3 get_object`. One service a module. */
export function callsInPython(source: string): string[] {
  const services = unique([...source.matchAll(boto)].map(({ groups }) => groups?.service ?? ''));
  if (services.length === 0) return [];
  const names = [...source.matchAll(method), ...source.matchAll(paginator)].map(
    ({ groups }) => groups?.name ?? '',
  );
  return names.filter((name) => name !== 'get_paginator').map((name) => `${services[0]} ${name}`);
}

/** Calls by boto3 of a job, in order, each once. What Spark, Iceberg and Kafka's client do is not among them. */
export function callsOfJob(script: string): string[] {
  return unique(
    modulesOfJob(script).flatMap((name) =>
      callsInPython(readFileSync(join(projectRoot, 'glue-jobs', name), 'utf8')),
    ),
  );
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
