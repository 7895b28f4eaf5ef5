import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

interface Entry {
  /** With `/` between folders. */
  readonly name: string;
  readonly content: Buffer;
}

/** 1980-01-01, the earliest the format can tell: equal content gives equal bytes. */
const DATE = 0x21;
const DEFLATE = 8;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const UNIX = 3 << 8;
const FILE_MODE = 0o100644 * 2 ** 16;

async function entriesOf(folder: string, prefix = ''): Promise<Entry[]> {
  const children = await readdir(join(folder, prefix), { withFileTypes: true });
  const sorted = children.sort((one, other) => (one.name < other.name ? -1 : 1));
  const entries: Entry[] = [];
  for (const child of sorted) {
    const name = prefix === '' ? child.name : `${prefix}/${child.name}`;
    if (child.isDirectory()) entries.push(...(await entriesOf(folder, name)));
    else entries.push({ name, content: await readFile(join(folder, name)) });
  }
  return entries;
}

/** What the local header and the central directory say alike, from the flags to the length of the extra field. */
function common(entry: Entry, compressed: Buffer, name: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(VERSION, 0);
  header.writeUInt16LE(UTF8_NAMES, 2);
  header.writeUInt16LE(DEFLATE, 4);
  header.writeUInt16LE(DATE, 8);
  header.writeUInt32LE(crc32(entry.content), 10);
  header.writeUInt32LE(compressed.length, 14);
  header.writeUInt32LE(entry.content.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}

/** A folder as a zip file, as CDK packages assets: files only, sorted, no times. Meant for source code: all in memory. */
export async function zipFolder(folder: string): Promise<Buffer> {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of await entriesOf(folder)) {
    const name = Buffer.from(entry.name, 'utf8');
    const compressed = deflateRawSync(entry.content);
    const header = common(entry, compressed, name);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, name, compressed]);

    const made = Buffer.alloc(2);
    made.writeUInt16LE(UNIX | VERSION);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(FILE_MODE, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, header, rest, name]));
    files.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, central, end]);
}
