/** What a role should be allowed, by the table of roles. */

import type { Manifest } from '../../lib/contract/manifest.ts';
import { publicationsOf } from '../../lib/contract/publication.ts';
import { callsOfFunction, callsOfJob } from './calls.ts';
import type { Grant } from './grants.ts';
import type { Need, Situation } from './needs.ts';
import type { RoleKind } from './roles.ts';

/** Places that a dataset may have none of. */
const optional: Readonly<Record<string, (manifest: Manifest) => boolean>> = {
  WINDOW: ({ windows }) => windows.length > 0,
  GOLD: ({ gold, approximations, references }) => gold.length + approximations.length + references.length > 0,
  PUBLISHED: (manifest) => publicationsOf(manifest).length > 0,
  SECRET: ({ sources }) => sources.some((source) => source.kind === 'rest' && source.secret !== null),
};

function isThere(place: string, { manifests }: Situation): boolean {
  return Object.entries(optional).every(
    ([name, holds]) => !new RegExp(`\\b${name}\\b`).test(place) || manifests.some(holds),
  );
}

/** The needs that hold here, of places that are there. */
export function needsOf(kind: RoleKind, situation: Situation): Need[] {
  return kind.needs
    .filter(({ only }) => only === undefined || only.holds(situation))
    .map((need) => ({ ...need, on: need.on.filter((place) => isThere(place, situation)) }));
}

/** Action and resource, each pair once, in order. */
export function pairs(grants: readonly Grant[]): string[] {
  return [...new Set(grants.map(({ action, on }) => `${action} on ${on}`))].sort();
}

export function expectedPairs(kind: RoleKind, situation: Situation): string[] {
  return pairs(
    needsOf(kind, situation).flatMap(({ actions, on }) =>
      actions.flatMap((action) => on.map((place) => ({ action, on: place }))),
    ),
  );
}

/** Calls that the role's code holds and makes. */
export function callsFound({ code, neverMade = {} }: RoleKind): string[] {
  if (code === undefined) return [];
  const found = 'function' in code ? callsOfFunction(code.function) : callsOfJob(code.job);
  return found.filter((call) => !Object.hasOwn(neverMade, call));
}

/** Calls that the table gives the role's needs for. */
export function callsListed({ needs }: RoleKind): string[] {
  return [...new Set(needs.flatMap(({ call }) => call ?? []))].sort();
}
