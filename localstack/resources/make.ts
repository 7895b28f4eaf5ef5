import { MillraceError } from '../../lib/errors.ts';
import { type Pseudo, resolve, type Scope } from '../template/intrinsics.ts';
import type { Plan, Step } from '../template/plan.ts';
import { isObject, type JsonObject } from '../template/template.ts';
import { providerOf } from './index.ts';
import type { Context, Made, Need } from './resource.ts';

/** A resource as it was made, with its properties as CloudFormation would have resolved them. */
export interface Resource extends Made {
  readonly type: string;
  readonly properties: JsonObject;
}

export interface MakeOptions {
  readonly plan: Plan;
  readonly pseudo: Pseudo;
  /** What the run before made, by `StackId/LogicalId`. */
  readonly before: Readonly<Record<string, Resource>>;
  /** Resolves when the service is up. */
  readonly ready: (need: Need) => Promise<unknown>;
  readonly context: (stack: { readonly id: string; readonly name: string }) => Context;
}

function scopeOf(step: Step, options: MakeOptions, made: ReadonlyMap<string, Resource>): Scope {
  const { plan, pseudo } = options;
  const within = (stack: Step['stack']): Scope => ({
    stack,
    template: stack.template,
    pseudo,
    ref: (logicalId) => made.get(`${stack.id}/${logicalId}`)?.id,
    attribute: (logicalId, name) => made.get(`${stack.id}/${logicalId}`)?.attributes[name],
    imported: (name) => {
      const found = plan.exports.get(name);
      return found === undefined ? undefined : resolve(found.value, within(found.stack), found.place);
    },
  });
  return within(step.stack);
}

async function makeOne(
  step: Step,
  options: MakeOptions,
  made: ReadonlyMap<string, Resource>,
): Promise<Resource> {
  const provider = providerOf(step.type);
  if (provider === undefined) throw new Error(`${step.type} came through the plan`);
  const resolved = resolve(step.properties, scopeOf(step, options, made), step.logicalId);
  const properties = isObject(resolved) ? resolved : {};
  await Promise.all(provider.needs.map(options.ready));
  try {
    const before = options.before[step.key]?.properties;
    const result = await provider.create(options.context(step.stack), properties, step.logicalId, before);
    return { type: step.type, id: result.id, attributes: result.attributes, properties };
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(
      'MR406',
      `${step.type} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        where: step.key,
        mend: 'see the logs of the services in the state folder',
        cause,
      },
    );
  }
}

/**
 * Makes the resources of a plan, each as soon as those it needs are there.
 *
 * @returns all of them by `StackId/LogicalId`, in the plan's order
 * @throws MR404, MR405, MR406; nothing is left running in the background when it throws
 */
export async function makeResources(options: MakeOptions): Promise<Map<string, Resource>> {
  const made = new Map<string, Resource>();
  const tasks = new Map<string, Promise<void>>();
  const failed = new AbortController();
  for (const step of options.plan.steps) {
    const task = async (): Promise<void> => {
      await Promise.all(step.after.map((key) => tasks.get(key)));
      if (failed.signal.aborted) throw failed.signal.reason;
      made.set(step.key, await makeOne(step, options, made));
    };
    tasks.set(
      step.key,
      task().catch((error: unknown) => {
        failed.abort(error);
        throw failed.signal.reason;
      }),
    );
  }
  await Promise.allSettled(tasks.values());
  if (failed.signal.aborted) throw failed.signal.reason;
  return new Map(
    options.plan.steps.flatMap(({ key }) => {
      const resource = made.get(key);
      return resource === undefined ? [] : [[key, resource] as const];
    }),
  );
}
