import { type Checked, check } from './harness/check.ts';
import { type Lab, openLab } from './harness/lab.ts';
import type { Injected, Scenario } from './harness/scenario.ts';

/** How a scenario went. */
export interface Outcome {
  readonly name: string;
  readonly fault: string;
  readonly injections: number;
  /** Readable positions that came with it. */
  readonly records: number;
  /** Over everything in the topic so far; null where the scenario broke off. */
  readonly verdict: Pick<Checked, 'lost' | 'duplicated' | 'altered' | 'unfounded' | 'notInBronze'> | null;
  /** From each kill until the part worked again. */
  readonly recoverySeconds: readonly number[];
  readonly seconds: number;
  /** What does not hold, in words; empty: it passed. */
  readonly faults: readonly string[];
}

export interface SuiteOptions {
  readonly scenarios: readonly Scenario[];
  readonly dataset: string;
  readonly seed: number;
  readonly say: (line: string) => void;
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Keep the data of the run. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs scenarios on one local run, one after the other; after one that fails the next begins on a new run. */
export async function runSuite(options: SuiteOptions): Promise<Outcome[]> {
  const { scenarios, dataset, seed, say, onOutcome, keep = false, signal } = options;
  const outcomes: Outcome[] = [];
  let lab: Lab | undefined;
  try {
    for (const [at, scenario] of scenarios.entries()) {
      signal?.throwIfAborted();
      lab ??= await openLab({ dataset, say });
      // Far enough apart for scenarios that take several.
      const outcome = await runScenario(lab, scenario, seed * 100_000 + at * 100, signal);
      outcomes.push(outcome);
      onOutcome?.(outcome);
      if (outcome.faults.length === 0) continue;
      say(`${keep ? 'kept' : 'removed'}: ${lab.stateDir}`);
      await lab.close(keep);
      lab = undefined;
    }
  } finally {
    await lab?.close(keep);
  }
  return outcomes;
}

/** Longer than the longest on a busy machine. */
const LONGEST_MS = 600_000;

/** A scenario that hangs is a failed one, and one that is interrupted ends at once: its run is closed. */
async function bounded<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const end = AbortSignal.any([AbortSignal.timeout(LONGEST_MS), ...(signal === undefined ? [] : [signal])]);
  const aborted = Promise.withResolvers<never>();
  end.addEventListener('abort', () => aborted.reject(end.reason), { once: true });
  return Promise.race([work, aborted.promise]);
}

async function runScenario(
  lab: Lab,
  scenario: Scenario,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const { name, fault, gold = false } = scenario;
  const begunMs = performance.now();
  const before = (await lab.witness.all()).length;
  let injected: Injected | undefined;
  let checked: Checked | undefined;
  let faults: readonly string[];
  try {
    injected = await bounded(scenario.run(lab, seed), signal);
    lab.s3Proxy.clear();
    lab.awsProxy.clear();
    checked = await check(lab, injected.sent, gold);
    faults = [...checked.faults, ...(injected.faults ?? [])];
    if (injected.injections === 0) faults = [...faults, 'the fault was never injected'];
  } catch (error) {
    signal?.throwIfAborted();
    lab.s3Proxy.clear();
    lab.awsProxy.clear();
    faults = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const { lost = 0, duplicated = 0, altered = 0, unfounded = 0, notInBronze = 0 } = checked ?? {};
  return {
    name,
    fault,
    injections: injected?.injections ?? 0,
    records: (checked?.records ?? before) - before,
    verdict: checked === undefined ? null : { lost, duplicated, altered, unfounded, notInBronze },
    recoverySeconds: injected?.recoverySeconds ?? [],
    seconds: Math.round((performance.now() - begunMs) / 100) / 10,
    faults,
  };
}
