import { dateText } from './cell.ts';
import { compileExpression, type Scope } from './expression.ts';
import type { Kind, Made, Row, Value } from './made.ts';
import type { Mapping } from './mapping.ts';
import { MappingFault, type Rejected } from './mapping-fault.ts';
import { refusal } from './refusal.ts';

/** A row of a reference table, typed by its columns. */
export type ReferenceRow = Readonly<Record<string, string | number | null>>;
/** By the table's name, then by the key's text. */
export type References = ReadonlyMap<string, ReadonlyMap<string, ReferenceRow>>;

export type Mapped = { readonly event: Record<string, unknown> } | { readonly rejected: Rejected };
export type Mapper = (row: Row) => Mapped;

/**
 * A mapping as a function of a row. Timestamps of the event are `YYYY-MM-DDTHH:MM:SS.mmmZ`, dates `YYYY-MM-DD`.
 * @param nullText cells of this text are null, as `NA` in CSV
 * @throws MillraceError MR141 (the mapping is unsound); the function itself throws nothing
 */
export function compileMapping(mapping: Mapping, references: References, nullText?: string): Mapper {
  const scope = runScope(references, nullText);
  const demands = mapping.demands.map(({ column, holds, detail }) => ({
    holds: compileExpression(holds, scope).of,
    rejected: { rejected: { path: column, detail, reason: detail } },
  }));
  const fields = compileFields(mapping, scope);
  return (row) => {
    const made: Value[] = [];
    const event: Record<string, unknown> = {};
    try {
      for (const { holds, rejected } of demands) if (holds(row, made) !== true) return rejected;
      for (const { of, write } of fields) {
        const value = of(row, made);
        made.push(value);
        write(event, value);
      }
    } catch (error) {
      if (error instanceof MappingFault) return { rejected: error.rejected };
      throw error;
    }
    return { event };
  };
}

/** Compiles the event's values in their order; each is a field to those after it. */
export function compileFields({ event }: Mapping, scope: Scope) {
  return Object.entries(event).map(([path, expression]) => {
    const made = compileExpression(expression, scope);
    if (made.kind === 'clock')
      scope.refuse(`\`${path}\` is a clock; take its hour, its hhmm or an instant of it.`);
    const { column, kind } = made;
    scope.fields.set(path, { column, kind, slot: scope.fields.size });
    return { path, kind, of: made.of, write: writer(path.split('.'), made) };
  });
}

/** What an expression may refer to when rows are mapped. The types of reference columns were checked before. */
function runScope(references: References, nullText: string | undefined): Scope {
  return {
    nullText,
    fields: new Map(),
    table: (name) => references.get(name),
    kindOf: (table) => (references.has(table) ? 'any' : undefined),
    takes: () => true,
    refuse: (what) => {
      throw refusal('mappingUnsound', 'mapping', what);
    },
  };
}

const texts: Partial<Record<Kind, (value: number) => string>> = {
  date: dateText,
  instant: (ms) => new Date(ms).toISOString(),
};

function writer(
  path: readonly string[],
  { kind }: Made,
): (event: Record<string, unknown>, value: Value) => void {
  const last = path.at(-1) ?? '';
  const above = path.slice(0, -1);
  const text = texts[kind];
  return (event, value) => {
    let place = event;
    for (const step of above) {
      place[step] ??= {};
      place = place[step] as Record<string, unknown>;
    }
    place[last] = text !== undefined && typeof value === 'number' ? text(value) : value;
  };
}
