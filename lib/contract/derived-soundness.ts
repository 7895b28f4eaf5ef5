import { derivedType } from './columns.ts';
import type { Band, ColumnType, Derivation, Derived, Field } from './manifest.ts';
import { refusal } from './refusal.ts';

/** A column that a derived one may be made of. */
interface Source {
  readonly type: ColumnType;
  /** All that it can be; undefined: not known. */
  readonly values: readonly string[] | undefined;
}

const enumOf = (field: Field): readonly string[] | undefined =>
  field.rules.find((rule) => rule.rule === 'enum')?.values;

/**
 * Checks derived columns: each is made of columns of the event and of derived ones that stand before it.
 * @param place of the dataset
 * @throws MillraceError MR101, MR119
 */
export function checkDerived(
  derived: readonly Omit<Derived, 'type'>[],
  fields: readonly Field[],
  place: string,
): void {
  const known = new Map<string, Source>(
    fields.map((field) => [field.column, { type: field.type, values: enumOf(field) }]),
  );
  const later = new Set(derived.map(({ column }) => column));
  for (const { column, derivation } of derived) {
    const here = `${place}.derived.${column}`;
    checkDerivation(
      derivation,
      (name) => {
        const source = known.get(name);
        if (source !== undefined) return source;
        if (later.has(name)) throw refusal('derivedUnsound', here, `\`${name}\` does not stand before it.`);
        throw refusal('columnUnknown', here, `There is no column \`${name}\`.`);
      },
      here,
    );
    known.set(column, { type: derivedType(derivation), values: valuesOf(derivation) });
  }
}

function checkDerivation(derivation: Derivation, sourceOf: (name: string) => Source, place: string): void {
  const demand = (name: string, types: readonly ColumnType[], wanted: string): void => {
    const { type } = sourceOf(name);
    if (!types.includes(type))
      throw refusal('derivedUnsound', place, `\`${name}\` is a ${type}, not a ${wanted}.`);
  };
  switch (derivation.kind) {
    case 'equals': {
      const { type, values } = sourceOf(derivation.column);
      if (type !== 'string' || (values !== undefined && !values.includes(derivation.value)))
        throw refusal(
          'derivedUnsound',
          place,
          `\`${derivation.column}\` never equals \`${derivation.value}\`.`,
        );
      return;
    }
    case 'bands':
      demand(derivation.column, NUMBERS, 'number');
      if (derivation.bands.length === 0 || !ascend(derivation.bands))
        throw refusal('derivedUnsound', place, 'The bands are empty or do not ascend.');
      return;
    case 'above':
      demand(derivation.column, NUMBERS, 'number');
      if (!Number.isFinite(derivation.than))
        throw refusal('derivedUnsound', place, `${derivation.than} is no bound.`);
      return;
    case 'minutes':
      for (const name of [derivation.from, derivation.to]) demand(name, ['timestamp'], 'timestamp');
      return;
    case 'part':
      demand(derivation.column, ['date', 'timestamp'], 'date or timestamp');
  }
}

const NUMBERS: readonly ColumnType[] = ['double', 'long', 'int'];

const endOf = (band: Band): number => ('below' in band ? band.below : band.upTo);

/** Whether each band holds a number that none before it holds. */
function ascend(bands: readonly Band[]): boolean {
  return bands.every((band, index) => {
    const before = bands[index - 1];
    const [end, start] = [endOf(band), before === undefined ? -Infinity : endOf(before)];
    // What begins at a number and ends with it is that number.
    const single = before !== undefined && 'below' in before && 'upTo' in band;
    return Number.isFinite(end) && (end > start || (end === start && single));
  });
}

function valuesOf(derivation: Derivation): readonly string[] | undefined {
  if (derivation.kind !== 'bands') return undefined;
  return [...derivation.bands.map(({ label }) => label), derivation.otherwise];
}
