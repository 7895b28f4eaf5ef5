import { lagOf, type Standing, silverBounds } from '../../../lambdas/audit/standing.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { waitUntilThrough } from '../audit/waiting.ts';
import { interruptible } from '../interruption.ts';
import { progressLine, thousands } from '../progress-line.ts';
import { only, runRemake } from '../remake/job.ts';
import type { RerunReport } from '../remake/texts.ts';
import { type Asked, type Done, interrupted } from './step.ts';

/**
 * Waits until silver and bronze hold all that is in the topic now; where days are named, also computes the windows
 * that begin on them again.
 * @throws MillraceError MR855 (not in time), MR508, and those of runRemake
 */
export async function transform(asked: Asked): Promise<Done> {
  const { manifest } = asked;
  const counts = await interruptible((signal) => inSilver(asked, signal));
  const windows = await windowsAgain(asked);
  return transformed(manifest.dataset, { ...counts, windows });
}

/** What stands before silver, in words; empty: nothing. */
export function beforeSilver({ ends, landed, progress }: Standing): string[] {
  const lags = {
    'landing (bronze, quarantine)': lagOf(ends, landed),
    silver: lagOf(ends, silverBounds(progress)),
  };
  return Object.entries(lags).flatMap(([part, lag]) =>
    lag === 0 ? [] : [`${part}: ${thousands(lag)} records behind`],
  );
}

interface Counts {
  /** Of the topic, from its first on. */
  readonly positions: number;
  /** Records that silver was not past at first. */
  readonly waitedFor: number;
}

async function inSilver({ standing, waitSeconds }: Asked, signal: AbortSignal): Promise<Counts> {
  const line = progressLine();
  let counts: Counts | undefined;
  const missing = await waitUntilThrough([standing], {
    seconds: waitSeconds,
    signal,
    missingOf: () => beforeSilver,
    onLook: (dataset, { ends, progress }, words) => {
      counts ??= { positions: lagOf(ends, new Map()), waitedFor: lagOf(ends, silverBounds(progress)) };
      line.show(() => `${dataset}: ${words.join('; ') || 'all is in silver'}`);
    },
  });
  line.end(missing.length === 0 ? 'all is in silver' : `not in silver: ${missing.join('; ')}`);
  if (signal.aborted) throw interrupted();
  if (missing.length > 0) throw notInSilver(missing, waitSeconds);
  return counts ?? { positions: 0, waitedFor: 0 };
}

/** How many of each table; nothing where no days are named. */
async function windowsAgain({ place, manifest, days }: Asked): Promise<RerunReport['windows']> {
  if (days === undefined || manifest.windows.length === 0) return {};
  const { dataset } = manifest;
  const reports = 'rerun';
  const reported = await runRemake({ place, dataset, kind: 'rebuild', remake: 'windows', days, reports });
  return only<RerunReport>(reported, reports).windows;
}

export function transformed(
  dataset: string,
  facts: Counts & { readonly windows: RerunReport['windows'] },
): Done {
  const { positions, waitedFor, windows } = facts;
  const tables = Object.entries(windows).map(
    ([table, count]) => `  ${table}: ${thousands(count)} windows computed again\n`,
  );
  return {
    facts: { ...facts },
    text: `${dataset}: silver is past all ${thousands(positions)} positions, ${thousands(waitedFor)} of them waited for\n${tables.join('')}`,
  };
}

function notInSilver(missing: readonly string[], seconds: number): MillraceError {
  return new MillraceError('MR855', `not in silver after ${seconds} s:\n  ${missing.join('\n  ')}`, {
    where: 'the wait for silver',
    mend: 'wait longer (--wait SECONDS), or see what stands still: `npx millrace status`, `npx millrace logs`',
  });
}
