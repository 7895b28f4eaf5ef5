import type { Manifest } from '../lib/contract/manifest.ts';
import type { Bench } from './bench.ts';
import { type Lab, openLab } from './lab.ts';
import { throughTopic } from './silver.ts';
import { fillTopic } from './week.ts';

const WEEK_SECONDS = 604_800;

export interface SharedRun {
  readonly bench: Bench;
  close(): Promise<void>;
}

/** One local run for the benchmarks of a command; what it holds is made when it is first asked for. */
export function sharedRun(options: {
  readonly manifest: Manifest;
  readonly events?: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}): SharedRun {
  const { manifest, signal, say, events = WEEK_SECONDS } = options;
  let lab: Promise<Lab> | undefined;
  let topic: Promise<number> | undefined;
  let week: Promise<string> | undefined;

  const release = async (): Promise<void> => {
    const open = lab;
    [lab, topic, week] = [undefined, undefined, undefined];
    // One that never came up has nothing to close, and has said why.
    await (await open?.catch(() => undefined))?.close();
  };
  const bench: Bench = {
    manifest,
    signal,
    say,
    lab: () => {
      lab ??= openLab({ jobs: false, say, datasets: [manifest.dataset] });
      return lab;
    },
    topic: () => {
      topic ??= bench
        .lab()
        .then((open) => fillTopic(open, manifest, events, signal))
        .then(({ records }) => records);
      return topic;
    },
    week: () => {
      week ??= bench.topic().then(async () => {
        await throughTopic(bench, 'week');
        return 'week';
      });
      return week;
    },
    release,
  };
  return { bench, close: release };
}
