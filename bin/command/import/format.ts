import { headOf } from './archive.ts';
import type { Part, Reader } from './batch.ts';
import { readCsv } from './csv.ts';
import { readJson, readNdjson } from './json.ts';
import { readParquet } from './parquet.ts';
import { refusal } from './refusal.ts';

const BOM = /^\uFEFF/;

/** The reader of a part, told by its content. @throws MillraceError MR871, MR875, and those of the bytes */
export async function readerOf(part: Part): Promise<Reader> {
  const head = await headOf(part);
  if (head.length === 0) throw refusal('unknownFormat', part.name, 'it is empty');
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return readParquet;
  const mark = head.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') throw refusal('notUtf8', part.name, 'it is UTF-16');
  if (head.includes(0)) throw refusal('unknownFormat', part.name, 'it is no text and no Parquet');
  const text = head.toString('utf8').replace(BOM, '').trimStart();
  if (text.startsWith('[')) return readJson;
  return text.startsWith('{') ? readNdjson : readCsv;
}
