/**
 * The landing on one core, PUT included, against decoding and parsing alone.
 *
 * MSK events of 10,000 simulated records each (what goes wrong included), as Lambda hands them over: one JSON text,
 * values in base64. They go one after the other to the shipped bundle in its own Node.js process, as the mirror
 * invokes it: through the runtime API, judged, laid out as Parquet, compressed, PUT to the local S3 server. In turn
 * with it runs, over the very same records, a loop of base64 and JSON.parse and nothing else. Rates are medians of
 * the rounds after those to warm up. A function runs its JavaScript on one core; processor time is that of its whole
 * process, compilation and garbage collection included.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { resourceOf } from '../bin/command/running.ts';
import { breaches } from '../lambdas/simulate/breach.ts';
import { simulatorOf } from '../lambdas/simulate/choice.ts';
import type { Message } from '../lambdas/simulate/message.ts';
import { finitePlan } from '../lambdas/simulate/plan.ts';
import { run } from '../lambdas/simulate/run.ts';
import type { Manifest } from '../lib/contract/manifest.ts';
import { functionEnvironment } from '../localstack/differences.ts';
import { encodeEvent, encodeRecord } from '../localstack/lambda/record.ts';
import { type Sandbox, startSandbox } from '../localstack/lambda/sandbox.ts';
import { reader } from '../localstack/resources/properties.ts';
import { readAssembly } from '../localstack/template/assembly.ts';
import type { Benchmark } from './bench.ts';
import type { Lab } from './lab.ts';
import { treeSeconds } from './processor.ts';
import { median } from './statistics.ts';

const EVENTS = 5;
const RECORDS = 10_000;
const WARM_UP_ROUNDS = 4;
const ROUNDS = 9;
/** The loop is so much faster that one pass over the records would be too short to time. */
const PASSES = 5;
/** Far from any that the topic has. */
const FIRST_OFFSET = 1e12;

interface Payload {
  readonly event: Buffer;
  readonly values: readonly string[];
}

/** Of one topic partition each, as the mirror's pollers send them. */
async function payloads(manifest: Manifest): Promise<Payload[]> {
  const plan = finitePlan({
    seed: 1,
    events: EVENTS * RECORDS,
    nowMs: Date.now(),
    partitions: 1,
    kinds: breaches(manifest).length,
  });
  const { messages } = run(manifest, await simulatorOf(manifest, plan.seed), plan);
  const taken = [...messages]
    .filter(({ value }) => value !== null && value.length < 2 ** 16)
    .slice(0, EVENTS * RECORDS);
  return Array.from({ length: EVENTS }, (_, at) =>
    payloadOf(manifest, taken.slice(at * RECORDS, (at + 1) * RECORDS), FIRST_OFFSET + at * RECORDS),
  );
}

function payloadOf(manifest: Manifest, messages: readonly Message[], firstOffset: number): Payload {
  const source = {
    eventSourceArn: 'arn:aws:kafka:us-east-1:0:cluster/bench/0',
    bootstrapServers: '127.0.0.1',
  };
  const timestamp = String(Date.now());
  const records = messages.map(({ key, value }, at) =>
    encodeRecord(manifest.topic.name, 0, {
      key,
      value,
      timestamp,
      offset: String(firstOffset + at),
      attributes: 0,
      headers: {},
    }),
  );
  return {
    event: encodeEvent(source, records),
    values: messages.map(({ value }) => value?.toString('base64') ?? ''),
  };
}

/** What every landing must at least do. @returns how many records were JSON */
function parseAll(values: readonly string[]): number {
  let parsed = 0;
  for (const value of values) {
    try {
      JSON.parse(Buffer.from(value, 'base64').toString());
      parsed += 1;
    } catch {
      // Broken on purpose.
    }
  }
  return parsed;
}

/** The function of the templates, warm and by itself. */
async function startLanding(lab: Lab, manifest: Manifest, log: number): Promise<Sandbox> {
  const { properties, id } = resourceOf(lab.state, 'AWS::Lambda::Function', (_logicalId, { properties }) => {
    const variables = reader(properties, 'function').inside('Environment').inside('Variables');
    return variables.optionalText('DATASET') === manifest.dataset;
  });
  const read = reader(properties, id);
  const key = read.inside('Code').text('S3Key');
  const { assets } = await readAssembly(lab.cdkOut);
  const codeDir = assets.find((asset) => asset.key === key)?.source ?? '';
  const declared = read.inside('Environment').inside('Variables');
  const names = Object.keys(read.inside('Environment').object('Variables'));
  return startSandbox({
    name: id,
    functionArn: `arn:aws:lambda:us-east-1:0:function:${id}`,
    codeDir,
    handler: read.text('Handler'),
    environment: functionEnvironment(
      Object.fromEntries(names.map((name) => [name, declared.text(name)])),
      lab.local,
    ),
    memoryMb: read.optionalNumber('MemorySize') ?? 128,
    timeoutSeconds: read.optionalNumber('Timeout') ?? 3,
    log,
    nodePath: lab.local.toolchain.node,
  });
}

interface Timed {
  readonly seconds: number;
  readonly processorSeconds: number;
}

async function timed(pid: number, work: () => Promise<void> | void): Promise<Timed> {
  const [startMs, before] = [performance.now(), treeSeconds(pid) ?? Number.NaN];
  await work();
  return {
    seconds: (performance.now() - startMs) / 1000,
    processorSeconds: (treeSeconds(pid) ?? Number.NaN) - before,
  };
}

async function rounds(sandbox: Sandbox, all: readonly Payload[], signal: AbortSignal) {
  const landing: Timed[] = [];
  const parsing: Timed[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    signal.throwIfAborted();
    const landed = await timed(sandbox.pid, async () => {
      for (const [at, { event }] of all.entries()) await sandbox.invoke(`bench-${round}-${at}`, event);
    });
    const parsed = await timed(process.pid, () => {
      for (let pass = 0; pass < PASSES; pass += 1) for (const { values } of all) parseAll(values);
    });
    if (round < WARM_UP_ROUNDS) continue;
    landing.push(landed);
    parsing.push(parsed);
  }
  return { landing, parsing };
}

const rate = (records: number, times: readonly Timed[], key: keyof Timed): number =>
  records / median(times.map((time) => time[key]));

export const land: Benchmark = {
  title: 'Landing: MSK events to Parquet on S3, against base64 and JSON.parse alone',
  async run(bench) {
    const lab = await bench.lab();
    const all = await payloads(bench.manifest);
    const log = openSync(join(lab.local.folders.logs, 'bench-land.log'), 'a');
    const sandbox = await startLanding(lab, bench.manifest, log);
    try {
      bench.say(`landing ${EVENTS} events of ${RECORDS} records, ${WARM_UP_ROUNDS + ROUNDS} times`);
      const { landing, parsing } = await rounds(sandbox, all, bench.signal);
      const records = EVENTS * RECORDS;
      const landed = rate(records, landing, 'seconds');
      const parsed = rate(PASSES * records, parsing, 'seconds');
      const landedByProcessor = rate(records, landing, 'processorSeconds');
      return {
        figures: [
          { what: 'landed and stored', value: landed, unit: 'records/s' },
          { what: 'base64 and JSON.parse alone', value: parsed, unit: 'records/s' },
          { what: 'ratio', value: landed / parsed, unit: '', aim: '0.3' },
          { what: 'landed by a second of processor time', value: landedByProcessor, unit: 'records' },
          {
            what: 'ratio by processor time',
            value: landedByProcessor / rate(PASSES * records, parsing, 'processorSeconds'),
            unit: '',
          },
        ],
        details: { recordsARound: records, passesARound: PASSES * records, landing, parsing },
      };
    } finally {
      await sandbox.kill();
      closeSync(log);
    }
  },
};
