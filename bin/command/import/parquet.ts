import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { MillraceError } from '../../../lib/errors.ts';
import type { Batch, Part } from './batch.ts';
import { reasonOf, refusal } from './refusal.ts';

/** Rows of a batch; a row group may have a million. */
const BATCH_ROWS = 10_000;

const unit = 'record';

/** The page's header says what it unpacks to: more is a fault, and takes no memory. */
const bound = (bytes: number) => ({ maxOutputLength: Math.max(1, bytes) });
const compressors = {
  GZIP: (page: Uint8Array, bytes: number) => gunzipSync(page, bound(bytes)),
  BROTLI: (page: Uint8Array, bytes: number) => brotliDecompressSync(page, bound(bytes)),
  ZSTD: (page: Uint8Array, bytes: number) => zstdDecompressSync(page, bound(bytes)),
};
const CODECS: ReadonlySet<string> = new Set(['UNCOMPRESSED', 'SNAPPY', ...Object.keys(compressors)]);

type Metadata = Awaited<ReturnType<typeof parquetMetadataAsync>>;
type Schema = ReturnType<typeof parquetSchema>;

/** Parquet, a piece of a row group at a time. @throws MillraceError MR877, MR883 (codec), and those of the bytes */
export async function* readParquet(part: Part): AsyncGenerator<Batch, void> {
  const path = await part.onDisk();
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    demandCodecs(metadata, part.name);
    const columns = columnsOf(parquetSchema(metadata));
    yield { unit, columns, rows: [] };
    let begin = 0;
    for (const group of metadata.row_groups) {
      const end = begin + Number(group.num_rows);
      for (let rowStart = begin; rowStart < end; rowStart += BATCH_ROWS) {
        const rowEnd = Math.min(end, rowStart + BATCH_ROWS);
        const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
        const share = rowEnd / Number(metadata.num_rows);
        yield { unit, columns, share, rows: rows.map((row, at) => ({ number: rowStart + at + 1, row })) };
      }
      begin = end;
    }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw refusal('brokenParquet', part.name, `it cannot be read as Parquet: ${reasonOf(cause)}`, cause);
  }
}

function demandCodecs({ row_groups }: Metadata, place: string): void {
  const codecs = row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.codec ?? ''));
  const odd = codecs.find((codec) => codec !== '' && !CODECS.has(codec));
  if (odd !== undefined) throw refusal('unknownCodec', place, `its columns are packed by ${odd}`);
}

function columnsOf({ children }: Schema, prefix = ''): string[] {
  return children.flatMap((child) => {
    const name = prefix + child.element.name;
    return [name, ...columnsOf(child, `${name}.`)];
  });
}
