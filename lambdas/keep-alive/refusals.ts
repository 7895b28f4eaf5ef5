/** A failure that comes again at every start, until somebody mends its cause. */
export interface Refusal {
  /** As glue-jobs/millrace_jobs/errors.py has it. */
  readonly code: string;
  readonly what: string;
  /** The command that mends it. */
  readonly mend: string;
}

const whats: Readonly<Record<string, string>> = {
  MR806: 'Kafka no longer holds offsets that silver has not read',
  MR821: 'the checkpoint is of another cluster, another topic or another format',
};

/** What of a failed run's message no restart mends; undefined where a restart may. */
export function refusalOf(error: string, dataset: string): Refusal | undefined {
  const code = Object.keys(whats).find((one) => new RegExp(`\\b${one}\\b`).test(error));
  const what = code === undefined ? undefined : whats[code];
  if (code === undefined || what === undefined) return undefined;
  return {
    code,
    what,
    mend: `npx millrace rebuild ${dataset}, with --stage and the name of the stage`,
  };
}
