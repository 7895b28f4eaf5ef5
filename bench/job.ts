import { readFile } from 'node:fs/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { MillraceError } from '../lib/errors.ts';
import { type JobDefinition, type PreparedJob, prepareJob, startRun } from '../localstack/services/spark.ts';
import { isObject } from '../localstack/template/template.ts';
import type { Lab } from './lab.ts';
import { meterOf, type ProcessorMeter } from './processor.ts';

/** A job's structured log line, and the processor seconds that its processes had taken by then. */
export interface JobLine {
  readonly event: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly processorSeconds: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface JobRun {
  /** By the clock, the start of Spark included. */
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly lines: readonly JobLine[];
}

export interface JobOptions {
  /** The last part of the job's name: `silver`, `gold`, ... */
  readonly kind: string;
  readonly dataset: string;
  /** Tells this run from others, in its log's name. */
  readonly run: string;
  /** Laid over the template's arguments. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Another script, run as the template's would be. */
  readonly script?: string;
  readonly signal?: AbortSignal;
}

/** Runs a job of the templates once, in a Spark process of its own, and measures it. @throws MillraceError MR901 */
export async function runJob(lab: Lab, options: JobOptions): Promise<JobRun> {
  const job = await prepared(lab, options);
  const begunMs = Date.now();
  const child = await startRun(job, lab.local);
  const meter = meterOf(child.pid);
  const stop = (): void => void child.stop();
  options.signal?.addEventListener('abort', stop);
  try {
    const { code, logFile, tail } = await child.ended;
    options.signal?.throwIfAborted();
    if (code !== 0) {
      throw new MillraceError('MR901', `the job ended with exit code ${code}:\n${tail}`, {
        where: logFile,
        mend: 'run the benchmark again; if it fails again, the lines above say why',
      });
    }
    const endedMs = Date.now();
    return {
      seconds: (endedMs - begunMs) / 1000,
      processorSeconds: meter.at(endedMs) ?? Number.NaN,
      lines: linesOf(await readFile(logFile, 'utf8'), meter),
    };
  } finally {
    options.signal?.removeEventListener('abort', stop);
    meter.stop();
  }
}

async function prepared(lab: Lab, options: JobOptions): Promise<PreparedJob> {
  const definition = definitionOf(lab, options);
  const job = await prepareJob(definition, lab.local, async (uri) => {
    const { host, pathname } = new URL(uri);
    const object = await lab.s3.send(
      new GetObjectCommand({ Bucket: host, Key: decodeURIComponent(pathname.slice(1)) }),
    );
    return Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  });
  return options.script === undefined ? job : { ...job, script: options.script };
}

function definitionOf(lab: Lab, options: JobOptions): JobDefinition {
  const name = `millrace-${lab.state.stage}-${options.dataset}-${options.kind}`;
  const found = Object.values(lab.state.resources).find(
    ({ type, id }) => type === 'AWS::Glue::Job' && id === name,
  );
  const command = found?.properties.Command;
  if (found === undefined || !isObject(command)) {
    throw new MillraceError('MR902', `the templates declare no job ${name}`, {
      where: 'cdk.out',
      mend: 'run `npm run synth`, and look for the job in the Process stack',
    });
  }
  const declared = isObject(found.properties.DefaultArguments) ? found.properties.DefaultArguments : {};
  const texts = Object.entries(declared).map(([key, value]) => [key, String(value)] as const);
  return {
    name: `${name}-${options.run}`,
    command: String(command.Name),
    script: String(command.ScriptLocation),
    arguments: { ...Object.fromEntries(texts), ...options.arguments },
    maxRetries: 0,
    maxConcurrentRuns: 1,
  };
}

function linesOf(log: string, meter: ProcessorMeter): JobLine[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{"time"')) return [];
    const { time, event, ...facts }: { time: string; event: string } = JSON.parse(line);
    const atMs = Date.parse(time);
    return [{ event, atMs, processorSeconds: meter.at(atMs) ?? Number.NaN, facts }];
  });
}
