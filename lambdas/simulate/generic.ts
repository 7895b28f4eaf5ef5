import type { Field, FieldType, Manifest, QualityRule, Rule } from '../../lib/contract/manifest.ts';
import { MillraceError } from '../../lib/errors.ts';
import { patternSample } from './pattern.ts';
import { type Random, randomFrom } from './random.ts';
import type { Event, Simulator } from './simulator.ts';

/** How many different message keys a run uses. */
const KEYS = 50;

type Value = (i: number, random: Random, eventTimeMs: number) => unknown;

/**
 * A simulator from nothing but the contract: valid values by type and rules, fresh identities, `KEYS` lasting
 * message keys. So a dataset of one file can be produced at once.
 * @throws MillraceError MR501 (a pattern it cannot make strings for), MR502 (no column left to tell events apart).
 */
export function genericSimulator(manifest: Manifest, seed: number): Simulator {
  const makers = manifest.fields.map((field) => ({ field, make: maker(manifest, field, seed) }));
  const free = manifest.fields.filter((field) => mayChange(manifest, field));
  return {
    event(i, random, eventTimeMs) {
      const event: Event = {};
      for (const { field, make } of makers) setAt(event, field.path, make(i, random, eventTimeMs));
      return event;
    },
    conflicting(event, random) {
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const changed = structuredClone(event);
        for (const field of free) {
          const make = plain(field, quality(manifest, field));
          setAt(changed, field.path, make(attempt, random, 0));
        }
        if (JSON.stringify(changed) !== JSON.stringify(event)) return changed;
      }
      throw new MillraceError('MR502', 'no column can change while identity, key and times stay', {
        where: `dataset ${manifest.dataset}`,
        mend: 'produce without conflicts, or give the event a column that is not part of its identity',
      });
    },
  };
}

/** True where a conflict exists at all: some column is not identity, key or time. */
export function canConflict(manifest: Manifest): boolean {
  return manifest.fields.some((field) => mayChange(manifest, field));
}

function mayChange(manifest: Manifest, field: Field): boolean {
  const fixed = [
    ...manifest.identity,
    manifest.topic.key,
    manifest.partitionTime.column,
    manifest.observedTime,
  ];
  const onlyValue = field.rules.some((rule) => rule.rule === 'enum' && rule.values.length < 2);
  return !isTime(field) && !fixed.includes(field.column) && !onlyValue;
}

const isTime = ({ type }: Field): boolean => type === 'timestamp' || type === 'date';

/** An instant as a field of this type has it: itself, or its UTC date. */
export function timeText(type: FieldType | undefined, ms: number): string {
  const text = new Date(ms).toISOString();
  return type === 'date' ? text.slice(0, 10) : text;
}

function maker(manifest: Manifest, field: Field, seed: number): Value {
  if (isTime(field)) return (_i, _random, eventTimeMs) => timeText(field.type, eventTimeMs);
  const make = plain(field, quality(manifest, field));
  if (field.column === manifest.topic.key && !isSoleIdentity(manifest, field)) {
    const random = randomFrom(seed, `keys/${field.column}`);
    const keys = Array.from({ length: KEYS }, (_, i) => make(i, random, 0));
    return (i) => keys[(i * 31) % KEYS];
  }
  return isSoleIdentity(manifest, field) ? unique(field, make) : make;
}

function isSoleIdentity(manifest: Manifest, field: Field): boolean {
  return manifest.identity.length === 1 && manifest.identity[0] === field.column;
}

/** Numbers count up; strings are numbered where no rule binds them, else drawn (patterns of identities are wide). */
function unique(field: Field, make: Value): Value {
  if (field.type === 'long' || field.type === 'double') {
    const { min = 0 } = bounds(field.rules, 'range');
    return (i) => Math.ceil(min) + i;
  }
  return field.rules.length === 0 ? (i, random) => `${i}-${random.uuid()}` : make;
}

function quality(manifest: Manifest, field: Field): readonly [number, number] | undefined {
  const rule = manifest.quality.find((one: QualityRule) => one.column === field.column);
  if (rule === undefined) return undefined;
  const ranges = Object.values(rule.ranges);
  const low = Math.max(...ranges.map(([min]) => min));
  const high = Math.min(...ranges.map(([, max]) => max));
  return low <= high ? [low, high] : ranges[0];
}

function plain(field: Field, within: readonly [number, number] | undefined): Value {
  if (field.type === 'boolean') return (_i, random) => random.below(2) === 1;
  if (field.type === 'string') return text(field);
  const { min = within?.[0] ?? 0, max = within?.[1] ?? min + 1000 } = bounds(field.rules, 'range');
  if (field.type === 'long') {
    return (_i, random) => Math.ceil(min) + random.below(Math.floor(max) - Math.ceil(min) + 1);
  }
  return (_i, random) =>
    Math.min(max, Math.max(min, Math.round((min + random.unit() * (max - min)) * 1000) / 1000));
}

function text(field: Field): Value {
  for (const rule of field.rules) {
    if (rule.rule === 'enum') return (_i, random) => random.pick(rule.values);
    if (rule.rule === 'pattern') {
      const sample = patternSample(rule.pattern);
      return (_i, random) => sample(random);
    }
  }
  const { min = 1, max = Math.max(min, 16) } = bounds(field.rules, 'length');
  const letter = patternSample('^[a-z]$');
  return (_i, random) => {
    const length = Math.min(max, Math.max(min, 8));
    return Array.from({ length }, () => letter(random)).join('');
  };
}

function bounds(rules: readonly Rule[], name: 'range' | 'length'): { min?: number; max?: number } {
  for (const rule of rules) {
    if (rule.rule === name && (rule.rule === 'range' || rule.rule === 'length')) return rule;
  }
  return {};
}

/** Sets a value at a path, making the objects on the way. */
export function setAt(event: Event, path: readonly string[], value: unknown): void {
  let place = event;
  for (const step of path.slice(0, -1)) {
    const there = place[step];
    const next = typeof there === 'object' && there !== null ? (there as Event) : {};
    place[step] = next;
    place = next;
  }
  place[path.at(-1) ?? ''] = value;
}

/** The value at a path of own properties, or undefined. */
export function valueAt(event: unknown, path: readonly string[]): unknown {
  let place = event;
  for (const step of path) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, step)) return undefined;
    place = (place as Event)[step];
  }
  return place;
}
