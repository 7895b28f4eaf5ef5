import { MillraceError } from '../../../lib/errors.ts';

/** Every way in which a file cannot be imported, or not to its end: the code, and what mends it. */
const refusals = {
  noFile: { code: 'MR870', mend: 'name a file that exists and can be read' },
  unknownFormat: {
    code: 'MR871',
    mend: 'give CSV with a header, a JSON array, NDJSON or Parquet; plain, gzip or zip',
  },
  noSource: {
    code: 'MR872',
    mend: 'give a file whose columns a source of the dataset declares, or name the source with --source',
  },
  columnTwice: { code: 'MR873', mend: 'give each column of the header a name of its own' },
  brokenArchive: { code: 'MR874', mend: 'fetch the file again: it is cut off or damaged' },
  notUtf8: { code: 'MR875', mend: 'convert the file to UTF-8: iconv -f latin1 -t utf-8 FILE' },
  sealedArchive: { code: 'MR876', mend: 'unpack the file first' },
  brokenParquet: { code: 'MR877', mend: 'fetch the file again: it is cut off or damaged' },
  brokenText: { code: 'MR878', mend: 'mend the file at that place; what stands before it is sent' },
  sourceUnknown: { code: 'MR879', mend: "name a file source of the dataset's contract" },
  emptyArchive: { code: 'MR881', mend: 'give an archive that holds CSV, JSON, NDJSON or Parquet' },
  unknownCodec: { code: 'MR883', mend: 'write it again with ZSTD, SNAPPY, GZIP, BROTLI or without a codec' },
  noRoom: {
    code: 'MR884',
    mend: 'make room, or unpack it where there is room and import that file; TMPDIR names the folder of copies',
  },
  rangeUnsound: { code: 'MR882', mend: 'give days as YYYY-MM-DD, the first day first' },
} as const satisfies Record<string, { code: `MR${number}`; mend: string }>;

/** @param place the file, and the entry of an archive */
export function refusal(
  name: keyof typeof refusals,
  place: string,
  what: string,
  cause?: unknown,
): MillraceError {
  const { code, mend } = refusals[name];
  return new MillraceError(code, what, { where: place, mend, cause });
}

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
