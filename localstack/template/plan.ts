import { MillraceError } from '../../lib/errors.ts';
import type { Assembly, Stack } from './assembly.ts';
import { dependencyOrder } from './graph.ts';
import { holds, type Pseudo, resolve, type Scope } from './intrinsics.ts';
import { references } from './references.ts';
import type { Json, JsonObject, TemplateResource } from './template.ts';

/** One resource to make. */
export interface Step {
  /** `StackId/LogicalId`. */
  readonly key: string;
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  /** With its intrinsic functions still in it: ids are known only when the resources before are made. */
  readonly properties: JsonObject;
  /** Keys of the steps that must be done before. */
  readonly after: readonly string[];
}

export interface Export {
  readonly stack: Stack;
  readonly value: Json;
  /** Output that declares it, for errors. */
  readonly place: string;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly exports: ReadonlyMap<string, Export>;
}

/** A scope that knows no resource: for conditions and for names of exports. */
function bareScope(stack: Stack, pseudo: Pseudo): Scope {
  return {
    stack,
    template: stack.template,
    pseudo,
    ref: () => undefined,
    attribute: () => undefined,
    imported: () => undefined,
  };
}

function exportName(value: Json, stack: Stack, pseudo: Pseudo, place: string): string {
  const name = resolve(value, bareScope(stack, pseudo), place);
  return typeof name === 'string' ? name : JSON.stringify(name);
}

function stackExports(stack: Stack, pseudo: Pseudo): [string, Export][] {
  const outputs = Object.entries(stack.template.Outputs ?? {});
  return outputs.flatMap(([id, output]): [string, Export][] => {
    const place = `Outputs/${id}`;
    if (output.Export === undefined || !holds(output.Condition, bareScope(stack, pseudo))) return [];
    return [[exportName(output.Export.Name, stack, pseudo, place), { stack, value: output.Value, place }]];
  });
}

function existing(stack: Stack, pseudo: Pseudo): [string, TemplateResource][] {
  const scope = bareScope(stack, pseudo);
  return Object.entries(stack.template.Resources ?? {}).filter(([, resource]) =>
    holds(resource.Condition, scope),
  );
}

/** Keys of the resources that an expression of this stack waits for. */
function needs(
  value: Json,
  stack: Stack,
  plan: { pseudo: Pseudo; exports: ReadonlyMap<string, Export> },
  place: string,
): string[] {
  const { names, imports } = references(value);
  const own = [...names].filter((name) => stack.template.Resources?.[name] !== undefined);
  for (const name of names) {
    const known =
      own.includes(name) || stack.template.Parameters?.[name] !== undefined || name.startsWith('AWS::');
    if (!known) {
      throw new MillraceError('MR404', `unresolved reference: ${name}`, {
        where: `${stack.id}/${place}`,
        mend: 'the template refers to a resource that it does not declare; synthesise again',
      });
    }
  }
  const others = imports.flatMap((argument) => {
    const name = exportName(argument, stack, plan.pseudo, place);
    const found = plan.exports.get(name);
    if (found === undefined) {
      throw new MillraceError('MR404', `unresolved reference: no stack exports ${name}`, {
        where: `${stack.id}/${place}`,
        mend: 'synthesise all stacks of the app together',
      });
    }
    return needs(found.value, found.stack, plan, found.place);
  });
  return [...own.map((name) => `${stack.id}/${name}`), ...others];
}

function refuseUnknown(steps: readonly Step[], known: (type: string) => boolean): void {
  const unknown = steps.filter((step) => !known(step.type));
  if (unknown.length === 0) return;
  const types = [...new Set(unknown.map((step) => step.type))].join(', ');
  throw new MillraceError('MR403', `the mirror does not know the resource type ${types}`, {
    where: unknown.map((step) => `${step.key} (${step.type})`).join(', '),
    mend: 'add a provider to localstack/resources, or a row with its reason to localstack/resources/nothing-local.ts',
  });
}

/**
 * What to make, in which order: pure data, nothing is made here.
 *
 * @param known whether the mirror has an answer for a resource type
 * @throws MR402 a circle, MR403 an unknown type, MR404 a reference to nothing
 */
export function makePlan(assembly: Assembly, pseudo: Pseudo, known: (type: string) => boolean): Plan {
  const exports = new Map(assembly.stacks.flatMap((stack) => stackExports(stack, pseudo)));
  const keys = new Map(
    assembly.stacks.map((stack) => [stack.id, existing(stack, pseudo).map(([id]) => `${stack.id}/${id}`)]),
  );
  const steps = assembly.stacks.flatMap((stack) =>
    existing(stack, pseudo).map(([logicalId, resource]): Step => {
      const properties = resource.Properties ?? {};
      const declared =
        typeof resource.DependsOn === 'string' ? [resource.DependsOn] : (resource.DependsOn ?? []);
      const after = new Set([
        // CloudFormation deploys a stack only after the stacks that it depends on.
        ...stack.dependencies.flatMap((id) => keys.get(id) ?? []),
        ...declared.map((id) => `${stack.id}/${id}`),
        ...needs(properties, stack, { pseudo, exports }, logicalId),
      ]);
      return {
        key: `${stack.id}/${logicalId}`,
        stack,
        logicalId,
        type: resource.Type,
        properties,
        after: [...after],
      };
    }),
  );
  refuseUnknown(steps, known);

  const byKey = new Map(steps.map((step) => [step.key, step]));
  const graph = new Map(steps.map((step) => [step.key, step.after]));
  const ordered = dependencyOrder(graph, 'resources').flatMap((key) => byKey.get(key) ?? []);
  return {
    exports,
    steps: ordered.map((step) => ({ ...step, after: step.after.filter((key) => byKey.has(key)) })),
  };
}
