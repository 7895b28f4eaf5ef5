import type { Row } from '../../../lib/contract/made.ts';

/** A row as a reader found it. */
export interface ReadRow {
  /** Line of the file, or number of the record, from 1. */
  readonly number: number;
  readonly row: Row;
  /** Set: it is no row of its file, and this is why. */
  readonly fault?: { readonly path: string; readonly detail: string; readonly reason: string };
}

/** Some rows, in their order. */
export interface Batch {
  /** What the rows' numbers count. */
  readonly unit: 'line' | 'record';
  /** Columns of the file, dotted paths of nested values included; of JSON, those of the rows so far. */
  readonly columns: readonly string[];
  readonly rows: readonly ReadRow[];
  /** True: rows may leave out columns that are null, so that no batch tells all of them. */
  readonly sparse?: true;
  /** Cells of this text are null. */
  readonly nullText?: string;
  /** How much was read by now, 0 to 1; @default that of the part's bytes */
  readonly share?: number;
}

/** The first batch tells the columns. @throws MillraceError MR873-MR878, MR883, MR884 after the rows before the fault */
export type Reader = (part: Part) => AsyncGenerator<Batch, void>;

/** A file, or an entry of an archive. */
export interface Part {
  /** `2013.zip/january.csv` */
  readonly name: string;
  /** Which of the archive's entries it is, from 0: names may stand there twice. */
  readonly index: number;
  /** Its bytes from the beginning, unpacked. */
  bytes(): AsyncIterable<Buffer>;
  /** Its file, for those who read here and there; an unpacked copy lasts until `close`. @throws MillraceError MR884 */
  onDisk(): Promise<string>;
  /** How much of it was read, 0 to 1. */
  share(): number;
  close(): Promise<void>;
}
