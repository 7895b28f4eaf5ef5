import { thousands } from '../progress-line.ts';

/** What the rebuild job writes down of `--remake silver`. */
export interface RebuildReport {
  readonly from: string | null;
  readonly to: string | null;
  readonly rows: number;
  readonly days: number;
  readonly seconds: number;
  readonly pausedSeconds: number;
  readonly contentHashBefore: string;
  readonly contentHashAfter: string;
  readonly identical: boolean;
  readonly differentDays: readonly string[];
  /** By partition, first and past the last. */
  readonly closedGap: Readonly<Record<string, readonly [number, number]>>;
  /** Where the stream had stood at another topic, and now begins with this one: what each belongs to. */
  readonly renewed?: Readonly<Record<'from' | 'to', Origin>>;
}

/** Of offsets: see glue-jobs/millrace_jobs/origin.py. */
interface Origin {
  readonly topic: string;
  readonly topicId: string;
  readonly cluster: string;
  readonly format: number;
}

/** Of `--remake backfill`. */
export interface BackfillReport {
  /** That silver and `rejected` lacked; further copies of one record are among them, and become nothing. */
  readonly positions: number;
  readonly added: number;
  readonly rejected: number;
  readonly pausedSeconds: number;
}

/** Of `--remake windows`, and what the gold job wrote down afterwards. */
export interface RerunReport {
  /** How many were computed, by table. */
  readonly windows: Readonly<Record<string, number>>;
  readonly gold: Readonly<Record<string, unknown>>;
}

export function rebuildText(dataset: string, report: RebuildReport): string {
  const paused = `${report.pausedSeconds.toFixed(1)} s`;
  const gaps = Object.entries(report.closedGap).map(
    ([partition, [first, past]]) =>
      `  closed from bronze: partition ${partition}, offsets ${first} to ${past - 1}\n`,
  );
  const answer = report.identical
    ? `  identical to before: ${report.contentHashAfter}`
    : `  different on ${report.differentDays.join(', ')}: ${report.contentHashBefore} before, ${report.contentHashAfter} after`;
  if (report.renewed !== undefined) {
    const { topic, cluster } = report.renewed.to;
    return `${dataset}: the stream begins with topic ${topic} of ${cluster}; silver keeps its rows, ${thousands(report.rows)} now\n${gaps.join('')}`;
  }
  return `${dataset}: ${thousands(report.rows)} rows of ${report.days} ${report.days === 1 ? 'day' : 'days'} from bronze in ${Math.round(report.seconds)} s, the stream paused for ${paused}\n${answer}\n${gaps.join('')}`;
}

export function backfillText(dataset: string, { added, rejected, positions }: BackfillReport): string {
  return `${dataset}: ${thousands(positions)} positions that silver and rejected lacked: ${thousands(added)} rows added, ${thousands(rejected)} conflicts rejected\n`;
}

export function rerunText(dataset: string, { windows, gold }: RerunReport): string {
  const lines = [
    ...Object.entries(windows).map(([name, count]) => `${name}: ${thousands(count)} windows`),
    ...Object.keys(gold),
  ];
  return `${dataset}: computed again from silver\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
