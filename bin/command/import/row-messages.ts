import { valueAt } from '../../../lambdas/simulate/generic.ts';
import type { Message } from '../../../lambdas/simulate/message.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { compileMapping, type Mapper, type References } from '../../../lib/contract/mapper.ts';
import type { Rejected } from '../../../lib/contract/mapping-fault.ts';
import type { FileSource } from '../../../lib/contract/source.ts';
import { MillraceError } from '../../../lib/errors.ts';
import type { Producer } from '../producer/producer.ts';
import type { Batch, Part, ReadRow } from './batch.ts';
import { messages } from './message.ts';
import type { Days } from './state.ts';
import type { Tally } from './tally.ts';

/** How the rows came to their end: `ended` of themselves, `error` before it, or neither: broken off. */
export interface Ending {
  ended?: true;
  error?: unknown;
}

export interface RowMessagesOptions {
  readonly manifest: Manifest;
  readonly references: References;
  readonly producer: Producer;
  readonly signal?: AbortSignal;
  readonly days: Days;
  readonly source: FileSource;
  readonly part: Part;
  readonly batches: AsyncGenerator<Batch, void>;
  /** Told the fate of each row, in order. */
  readonly counted: Tally;
  /** Told of the end. */
  readonly ending: Ending;
  /** Told how far the reading is. */
  readonly place: { read: number; share: number };
  /** Rows that an earlier run has sent. */
  readonly skip: number;
  /** Cells of this text are null. */
  readonly nullText: string | undefined;
  /** Called now and then, also where no row becomes a message. */
  readonly onRead: () => void;
}

/** The rows as messages. A fault of the file ends them and is kept, so that the rows before it are sent. */
export async function* rowMessages(options: RowMessagesOptions): AsyncGenerator<Message, void> {
  const { batches, part, signal, place, ending, skip, onRead } = options;
  const messageOf = rowMessage(options);
  let last: string | undefined;
  try {
    for await (const { unit, rows, share } of batches) {
      if (signal?.aborted) return;
      place.share = share ?? part.share();
      for (const row of rows) {
        last = `${unit} ${row.number}`;
        place.read += 1;
        if (place.read <= skip) continue;
        const message = messageOf(row, last);
        if (message !== undefined) yield message;
      }
      onRead();
    }
    ending.ended = true;
  } catch (error) {
    ending.error = last === undefined ? error : withPlace(error, `${part.name}, after ${last}`, part);
  }
}

/** Says after which row it was. */
function withPlace(error: unknown, after: string, { name }: Part): unknown {
  if (!(error instanceof MillraceError)) return error;
  const { code, message, where, mend, cause } = error;
  const place = where === name ? after : `${where} (${after})`;
  return new MillraceError(code as `MR${number}`, message, { where: place, mend, cause });
}

/** A row as a message; undefined: it is of other days. */
function rowMessage(options: RowMessagesOptions): (row: ReadRow, place: string) => Message | undefined {
  const { manifest, references, producer, source, part, days, counted, nullText } = options;
  const map = compileMapping(source.mapping, references, nullText);
  const make = messages(manifest, producer.partitions);
  const dayOf = partitionDay(options);
  const bounded = days.from !== null || days.to !== null;
  const isOutside = (day: string | undefined) =>
    day !== undefined && ((days.from !== null && day < days.from) || (days.to !== null && day > days.to));
  return ({ row, fault }, place) => {
    const mapped = fault === undefined ? map(row) : { rejected: fault };
    if (bounded && isOutside(dayOf(row, mapped))) {
      counted.add({ kind: 'skipped' });
      return undefined;
    }
    let rejected: Rejected;
    if ('event' in mapped) {
      const message = make.event(mapped.event);
      if (make.fits(message)) {
        counted.add({ kind: 'event' });
        return message;
      }
      rejected = tooLarge(message);
    } else {
      rejected = mapped.rejected;
    }
    const { path, detail, reason } = rejected;
    counted.add({ kind: 'rejected', column: path, detail: reason });
    return make.rejected({ path, detail: `${detail} (${part.name} ${place})` }, row);
  };
}

const tooLarge = ({ value }: Message): Rejected => ({
  path: '$',
  detail: `an event of ${value?.length ?? 0} bytes, more than the topic takes`,
  reason: 'an event larger than the topic takes',
});

/** The UTC day of a row's partition time, also of a rejected row where that much can be made of it. */
function partitionDay({
  manifest: { fields, partitionTime },
  source: { mapping },
  references,
  nullText,
}: RowMessagesOptions): (row: ReadRow['row'], mapped: ReturnType<Mapper>) => string | undefined {
  const path = fields.find(({ column }) => column === partitionTime.column)?.path ?? [partitionTime.column];
  const made = Object.entries(mapping.event);
  const last = made.findIndex(([name]) => name === path.join('.'));
  const alone = compileMapping(
    { demands: [], event: Object.fromEntries(made.slice(0, last + 1)) },
    references,
    nullText,
  );
  return (row, mapped) => {
    const enough = 'event' in mapped ? mapped : alone(row);
    const time = 'event' in enough ? valueAt(enough.event, path) : undefined;
    return typeof time === 'string' ? time.slice(0, 'YYYY-MM-DD'.length) : undefined;
  };
}
