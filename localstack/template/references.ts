import { intrinsicName, isObject, type Json, SUBSTITUTION } from './template.ts';

/** What an expression looks at, besides parameters and mappings. */
export interface References {
  /** Names given to Ref, Fn::GetAtt and Fn::Sub: logical ids, parameters, pseudo parameters. */
  readonly names: ReadonlySet<string>;
  /** Arguments of Fn::ImportValue, unevaluated. */
  readonly imports: readonly Json[];
}

interface Found {
  readonly names: Set<string>;
  readonly imports: Json[];
}

function fromSubstitution(argument: Json, found: Found): void {
  const [text, own] = Array.isArray(argument) ? (argument as readonly Json[]) : [argument];
  const variables = isObject(own) ? own : {};
  if (typeof text !== 'string') return;
  for (const [, literal, name] of text.matchAll(SUBSTITUTION)) {
    if (literal === '!' || name === undefined || Object.hasOwn(variables, name)) continue;
    found.names.add(name.split('.')[0] ?? name);
  }
  walk(variables, found);
}

function walk(value: Json, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) walk(item, found);
    return;
  }
  if (!isObject(value)) return;
  const name = intrinsicName(value);
  const argument = name === undefined ? null : (value[name] ?? null);
  if (name === 'Ref' && typeof argument === 'string') found.names.add(argument);
  else if (name === 'Fn::Sub') fromSubstitution(argument, found);
  else if (name === 'Fn::ImportValue') found.imports.push(argument);
  else if (name === 'Fn::GetAtt') {
    const target = Array.isArray(argument) ? argument[0] : argument;
    if (typeof target === 'string') found.names.add(target.split('.')[0] ?? target);
  } else for (const item of Object.values(value)) walk(item, found);
}

/** All that an expression refers to, at any depth. */
export function references(value: Json): References {
  const found: Found = { names: new Set(), imports: [] };
  walk(value, found);
  return found;
}
