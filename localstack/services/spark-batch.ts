import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Local } from '../local.ts';
import { type Child, startChild } from './child.ts';
import type { LiveRun } from './job-runs.ts';
import type { PreparedJob, SparkSession } from './spark.ts';

/** How one run of a batch job went. */
export interface BatchResult {
  readonly ok: boolean;
  /** What went wrong, '' if nothing did. */
  readonly error: string;
  readonly seconds: number;
}

export interface BatchHost {
  /**
   * Runs a job in the warm session; runs wait for each other. Never rejects: a dead session is a failed run. A run that
   * is asked to stop takes the session with it.
   */
  run(job: PreparedJob, run: Pick<LiveRun, 'started' | 'stop'>): Promise<BatchResult>;
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./spark_batch.py', import.meta.url));

interface Answer extends Partial<BatchResult> {
  readonly id?: string;
}

function parsed(line: string): Answer {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    // A library that prints to stdout; no answer of ours.
    return {};
  }
}

/** The warm Spark session for batch jobs: started at the first run, and again after it died. */
export function createBatchHost(name: string, session: SparkSession, local: Local): BatchHost {
  let host: Promise<Child> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let runs = 0;
  const waiting = new Map<string, (result: BatchResult) => void>();

  const start = async (): Promise<Child> => {
    const child = await startChild({
      name,
      endpoint: '',
      command: local.toolchain.python,
      args: [SCRIPT],
      env: session.env,
      cwd: session.folder,
      logFile: join(local.folders.logs, `${name}.log`),
      records: local.folders.processes,
      talk: 'pipe',
    });
    const { stdin, stdout } = child.process;
    stdin?.on('error', () => undefined); // Written to after its death: told by `ended`.
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => {
        const { id = '', ok = false, error = '', seconds = 0 } = parsed(line);
        waiting.get(id)?.({ ok, error: error ?? '', seconds });
      });
    }
    void child.ended.then((exit) => {
      host = undefined;
      const error = `the session ended (${exit.signal ?? `code ${exit.code}`})\n${exit.tail}`;
      for (const done of waiting.values()) done({ ok: false, error, seconds: 0 });
    });
    return child;
  };

  const runNow = async (job: PreparedJob, run: Pick<LiveRun, 'started' | 'stop'>): Promise<BatchResult> => {
    if (stopped || run.stop.aborted) return { ok: false, error: 'stopped', seconds: 0 };
    const id = `${job.definition.name}-${++runs}`;
    let end = (): void => undefined;
    try {
      host ??= start();
      const child = await host;
      end = () => void child.stop();
      run.started();
      const answer = Promise.withResolvers<BatchResult>();
      waiting.set(id, answer.resolve);
      run.stop.addEventListener('abort', end, { once: true });
      if (run.stop.aborted) end();
      const line = `${JSON.stringify({ id, script: job.script, args: job.args })}\n`;
      if (child.process.stdin?.write(line) === false)
        await Promise.race([once(child.process.stdin, 'drain'), answer.promise]);
      return await answer.promise;
    } catch (error) {
      host = undefined;
      return { ok: false, error: String(error), seconds: 0 };
    } finally {
      waiting.delete(id);
      run.stop.removeEventListener('abort', end);
    }
  };

  return {
    run: (job, run) => {
      const result = last.then(() => runNow(job, run));
      last = result;
      return result;
    },
    stop: async () => {
      stopped = true;
      const child = await host?.catch(() => undefined);
      await child?.stop();
    },
  };
}
