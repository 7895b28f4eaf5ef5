import type { Value } from './made.ts';
import type { Expression, Mapping } from './mapping.ts';
import { refusal } from './refusal.ts';
import { zoneNamed } from './zone-time.ts';

/** The constants that an expression may come to; those that it only compares, or makes other values of, left out. */
export function constantsOf(expression: Expression): Value[] {
  if ('constant' in expression) return [expression.constant];
  if ('if' in expression) return [expression.then, expression.else].flatMap(constantsOf);
  if ('first' in expression) return expression.first.flatMap(constantsOf);
  return [];
}

/** Checks that each zone that is a constant is one of the IANA. @throws MillraceError MR141 */
export function checkZones(part: Mapping | Expression, place: string): void {
  for (const zone of zonesIn(part)) {
    const wrong = constantsOf(zone).find((value) => value !== null && zoneNamed(String(value)) === undefined);
    if (wrong !== undefined) throw refusal('mappingUnsound', place, `\`${wrong}\` is no time zone.`);
  }
}

/** Whatever stands under the key `zone`: nothing but zones does. */
function* zonesIn(part: unknown): Generator<Expression> {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, inner] of Object.entries(part)) {
    if (key === 'zone') yield inner as Expression;
    yield* zonesIn(inner);
  }
}
