import { CellFault, cellReaders, dateText, numberText } from './cell.ts';
import { firstColumn, type Kind, type Made, type Row, type Value } from './made.ts';
import type { Expression } from './mapping.ts';
import { MappingFault } from './mapping-fault.ts';
import { timeForms } from './time-forms.ts';

/** What an expression may refer to. */
export interface Scope {
  readonly fields: Map<string, { readonly kind: Kind; readonly column: string; readonly slot: number }>;
  /** A reference table by the text of its key. */
  table(name: string): ReadonlyMap<string, Readonly<Record<string, Value>>> | undefined;
  /** Of a reference table's column; undefined: there is none. */
  kindOf(table: string, column: string): Kind | undefined;
  /** Whether the rows have such a column. */
  takes(column: string): boolean;
  /** A cell that is null: some writers of CSV have a word for it. */
  readonly nullText?: string | undefined;
  /** Throws: the expression is unsound. */
  refuse(what: string): never;
}

/** Compiles a part, which has to be of one of the kinds; @default any kind */
export type Part = (expression: Expression, ...kinds: Kind[]) => Made;

/** Names of the forms: each expression has one of them as a key. */
type Name = Expression extends infer E
  ? E extends E
    ? Exclude<keyof E, 'as' | 'with' | 'key' | 'column' | 'then' | 'else'>
    : never
  : never;
export type Form<K extends Name> = (
  expression: Extract<Expression, Readonly<Record<K, unknown>>>,
  part: Part,
  scope: Scope,
) => Made;

/** @throws MillraceError of `scope.refuse` */
export function compileExpression(expression: Expression, scope: Scope): Made {
  const name = Object.keys(forms).find((one) => Object.hasOwn(expression, one));
  if (name === undefined) return scope.refuse(`There is no expression ${JSON.stringify(expression)}.`);
  const part: Part = (inner, ...kinds) => {
    const made = compileExpression(inner, scope);
    if (kinds.length > 0 && !['any', 'null', ...kinds].includes(made.kind))
      scope.refuse(`\`${name}\` takes a ${kinds.join(' or ')}, not a ${made.kind} (of \`${made.column}\`).`);
    return made;
  };
  const form = forms[name as Name] as (expression: Expression, part: Part, scope: Scope) => Made;
  return form(expression, part, scope);
}

const forms: { readonly [K in Name]: Form<K> } = {
  ...timeForms,

  take: ({ take, as }, _part, scope) => {
    const read = cellReaders[as];
    if (read === undefined) return scope.refuse(`A cell cannot be read as \`${as}\`.`);
    if (!scope.takes(take)) return scope.refuse(`The source has no column \`${take}\`.`);
    const cell = cellOf(take);
    const { nullText } = scope;
    return {
      kind: as,
      column: take,
      of: (row) => {
        const value = cell(row);
        if (value === undefined || value === nullText) return null;
        try {
          return read(value);
        } catch (error) {
          if (error instanceof CellFault) throw new MappingFault(take, value, error.message);
          throw error;
        }
      },
    };
  },

  field: ({ field: path }, _part, scope) => {
    const known = scope.fields.get(path);
    if (known === undefined) return scope.refuse(`There is no field \`${path}\` before it.`);
    const { kind, column, slot } = known;
    return { kind, column, of: (_row, made) => made[slot] ?? null };
  },

  constant: ({ constant }) => ({ kind: kindOfConstant(constant), column: '', of: () => constant }),

  join: ({ join, with: between }, part) => {
    const parts = join.map((one) => part(one, 'text', 'long', 'double', 'flag', 'date', 'instant'));
    const texts = parts.map(({ of, kind }) => ({ of, text: textOf(kind) }));
    return {
      kind: 'text',
      column: firstColumn(parts),
      of: (row, made) => {
        let joined = '';
        for (let at = 0; at < texts.length; at += 1) {
          const one = texts[at];
          const value = one?.of(row, made) ?? null;
          if (one === undefined || value === null) return null;
          joined += at === 0 ? one.text(value) : between + one.text(value);
        }
        return joined;
      },
    };
  },

  upper: ({ upper }, part) => {
    const { of, column } = part(upper, 'text');
    return { kind: 'text', column, of: (row, made) => of(row, made)?.toString().toUpperCase() ?? null };
  },

  lookup: ({ lookup, key, column }, part, scope) => {
    const table = scope.table(lookup);
    const kind = scope.kindOf(lookup, column);
    if (table === undefined || kind === undefined)
      return scope.refuse(`There is no column \`${column}\` of a reference table \`${lookup}\`.`);
    const { of, column: blamed } = part(key, 'text', 'long');
    return {
      kind,
      column: blamed,
      of: (row, made) => {
        const value = of(row, made);
        if (value === null) return null;
        const found = table.get(String(value));
        if (found === undefined) throw new MappingFault(blamed, value, `not in ${lookup}`);
        return found[column] ?? null;
      },
    };
  },

  isNull: ({ isNull }, part) => {
    const { of, column } = part(isNull);
    return { kind: 'flag', column, of: (row, made) => of(row, made) === null };
  },

  equal: ({ equal: [left, right] }, part, scope) => {
    const [a, b] = [part(left), part(right)];
    if (commonKind([a, b]) === undefined) scope.refuse(`A ${a.kind} is never equal to a ${b.kind}.`);
    return {
      kind: 'flag',
      column: firstColumn([a, b]),
      of: (row, made) => {
        const value = a.of(row, made);
        const other = b.of(row, made);
        return value === null || other === null ? null : value === other;
      },
    };
  },

  all: ({ all }, part) =>
    decided(
      all.map((one) => part(one, 'flag')),
      false,
    ),
  any: ({ any }, part) =>
    decided(
      any.map((one) => part(one, 'flag')),
      true,
    ),

  not: ({ not }, part) => {
    const { of, column } = part(not, 'flag');
    return {
      kind: 'flag',
      column,
      of: (row, made) => {
        const value = of(row, made);
        return value === null ? null : !value;
      },
    };
  },

  if: ({ if: condition, then: one, else: other }, part, scope) => {
    const parts = [part(condition, 'flag'), part(one), part(other)] as const;
    const [when, yes, no] = parts;
    const kind = commonKind([yes, no]);
    if (kind === undefined) return scope.refuse(`It is a ${yes.kind} or a ${no.kind}.`);
    return {
      kind,
      column: firstColumn([yes, no, when]),
      of: (row, made) => {
        const holds = when.of(row, made);
        if (holds === null) return null;
        return holds ? yes.of(row, made) : no.of(row, made);
      },
    };
  },

  first: ({ first }, part, scope) => {
    const parts = first.map((one) => part(one));
    const kind = commonKind(parts);
    if (kind === undefined) return scope.refuse(`It is one of ${parts.map((one) => one.kind).join(', ')}.`);
    return {
      kind,
      column: firstColumn(parts),
      of: (row, made) => {
        for (const { of } of parts) {
          const value = of(row, made);
          if (value !== null) return value;
        }
        return null;
      },
    };
  },
};

/** Null is neither: it decides nothing, but where nothing else decides, null it is. */
function decided(parts: readonly Made[], by: boolean): Made {
  return {
    kind: 'flag',
    column: firstColumn(parts),
    of: (row, made) => {
      let open: Value = !by;
      for (const { of } of parts) {
        const value = of(row, made);
        if (value === by) return by;
        if (value === null) open = null;
      }
      return open;
    },
  };
}

/** The value in a column of that very name, else at that dotted path. */
export function cellOf(name: string): (row: Row) => unknown {
  if (!name.includes('.')) return (row) => (Object.hasOwn(row, name) ? row[name] : undefined);
  const steps = name.split('.');
  return (row) => {
    if (Object.hasOwn(row, name)) return row[name];
    let place: unknown = row;
    for (const step of steps) {
      if (typeof place !== 'object' || place === null || !Object.hasOwn(place, step)) return undefined;
      place = (place as Row)[step];
    }
    return place;
  };
}

/** The kind that values of several have in common; undefined: none. */
function commonKind(parts: readonly Made[]): Kind | undefined {
  const kinds = [...new Set(parts.map(({ kind }) => kind))].filter((kind) => kind !== 'null');
  const known = kinds.filter((kind) => kind !== 'any');
  if (known.length <= 1) return known[0] ?? kinds[0] ?? 'null';
  return known.every((kind) => kind === 'long' || kind === 'double') ? 'double' : undefined;
}

function kindOfConstant(value: Value): Kind {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'flag';
  if (typeof value === 'string') return 'text';
  return Number.isSafeInteger(value) ? 'long' : 'double';
}

function textOf(kind: Kind): (value: Exclude<Value, null>) => string {
  if (kind === 'date') return (value) => dateText(Number(value));
  if (kind === 'instant') return (value) => new Date(Number(value)).toISOString();
  return (value) => (typeof value === 'number' ? numberText(value) : String(value));
}
