import * as z from 'zod';
import { MillraceError } from '../../lib/errors.ts';
import { reader } from './properties.ts';
import type { Context, Provider } from './resource.ts';

const UNITS_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Period of `rate(N minutes)`, in milliseconds. @throws MillraceError MR405 for any other expression */
export function periodOf(expression: string, where: string): number {
  const [, count = '', unit = ''] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const period = Number(count) * (UNITS_MS[unit] ?? 0);
  if (period > 0) return period;
  throw new MillraceError('MR405', `the mirror knows no schedule \`${expression}\``, {
    where,
    mend: 'write it as a rate: rate(1 hour)',
  });
}

/** What tells keep-alive's schedules from others: their Input is the plan of a job (lambdas/keep-alive/plan.ts). */
const keptRunning = z.object({ job: z.string(), keep: z.literal('running') });

function keepsRunning(input: string): boolean {
  try {
    return keptRunning.safeParse(JSON.parse(input)).success;
  } catch {
    // The input of a schedule may be any text.
    return false;
  }
}

/**
 * AWS::Scheduler::Schedule of a function: invokes it by the real clock, first after one period. One that keeps a job
 * running invokes it at once too, as on AWS, and not at all in a run without jobs.
 */
export const schedule: Provider = {
  // A stream reads from and writes to all of them.
  needs: ['kafka', 's3', 'aws'],
  async create(context, properties, logicalId) {
    const where = `${context.stack.id}/${logicalId}`;
    const read = reader(properties, logicalId);
    const target = read.inside('Target');
    const name = target.text('Arn').split(':').at(-1) ?? '';
    if (!context.functions.has(name)) {
      throw new MillraceError(
        'MR405',
        `the target of a schedule must be a function, not ${target.text('Arn')}`,
        {
          where,
          mend: 'give it the ARN of a function of the templates',
        },
      );
    }
    const id = read.optionalText('Name') ?? `${context.stack.name}-${logicalId}`;
    const input = target.optionalText('Input') ?? '{}';
    const kept = keepsRunning(input);
    const enabled = (read.optionalText('State') ?? 'ENABLED') === 'ENABLED';
    if (enabled && (!kept || context.jobs.enabled)) {
      const invoked = () => invoke(context, name, input);
      const timer = setInterval(invoked, periodOf(read.text('ScheduleExpression'), where));
      context.onStop(`schedule ${id}`, async () => clearInterval(timer));
      if (kept) invoked();
    }
    return { id, attributes: {} };
  },
};

function invoke(context: Context, name: string, input: string): void {
  context.functions
    .get(name)
    ?.invoke(input)
    .catch((error: unknown) => context.log(`${name} failed on its schedule: ${String(error)}`));
}
