import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip, createInflateRaw } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { MillraceError } from '../../../lib/errors.ts';
import { asDiskFull, freeBytes, LEAST_FREE_BYTES } from '../../../localstack/disk-space.ts';
import type { Part } from './batch.ts';
import { reasonOf, refusal } from './refusal.ts';
import { through } from './through.ts';

/** Small, since what a chunk unpacks to is held at once. */
const PACKED_CHUNK = 16 * 1024;
const PLAIN_CHUNK = 256 * 1024;
/** Entries of an archive by these names, or without an ending, are read; others (a readme) are left out. */
const KNOWN_ENDINGS = /(?:^|\/)[^/.]+$|\.(?:csv|txt|json|ndjson|jsonl|parquet|zip|gz)$/i;
/** macOS puts what it knows of a file beside it. */
const BY_THE_WAY = /^__MACOSX\/|(?:^|\/)\./;
const NOT_COMPRESSED = 0;
const DEFLATED = 8;

const gzip = (head: Buffer) => head[0] === 0x1f && head[1] === 0x8b;
const zip = (head: Buffer) => head[0] === 0x50 && head[1] === 0x4b && [3, 5, 7].includes(head[2] ?? 0);

/** Bytes that an unpacked copy may take. */
type Room = () => Promise<number>;
const roomOfDisk: Room = async () => (await freeBytes(tmpdir())) - LEAST_FREE_BYTES;

/**
 * What the file holds, unpacked: itself, or the entries of an archive. Close what you take.
 * @throws MillraceError MR870, MR874, MR876, MR881
 */
export async function partsOf(file: string, room: Room = roomOfDisk): Promise<Part[]> {
  const size = await sizeOf(file);
  const head = await headOf(plainPart(file, size));
  if (zip(head)) return zipParts(file, room);
  return [gzip(head) ? gzipPart(file, size, room) : plainPart(file, size)];
}

/** The first bytes. */
export async function headOf(part: Part): Promise<Buffer> {
  for await (const chunk of part.bytes()) if (chunk.length > 0) return chunk;
  return Buffer.alloc(0);
}

async function sizeOf(file: string): Promise<number> {
  const known = await stat(file).catch(() => undefined);
  if (known?.isFile() === true) return known.size;
  const what = known === undefined ? 'there is no such file' : 'it is no file';
  throw refusal('noFile', file, what);
}

function plainPart(file: string, size: number): Part {
  const counted = counting(size);
  return {
    name: basename(file),
    index: 0,
    bytes: () => counted.of(createReadStream(file, { highWaterMark: PLAIN_CHUNK })),
    onDisk: async () => file,
    share: counted.share,
    close: async () => undefined,
  };
}

function gzipPart(file: string, size: number, room: Room): Part {
  const counted = counting(size);
  const name = basename(file);
  const packed = () => counted.of(createReadStream(file, { highWaterMark: PACKED_CHUNK }));
  const bytes = () => unpack(name, createGunzip(), packed());
  return unpacked({ name, index: 0, bytes, share: counted.share, room, release: () => {} });
}

/** @throws MillraceError MR874 (a broken archive), MR876 (encrypted), MR881 (nothing in it) */
async function zipParts(file: string, room: Room): Promise<Part[]> {
  const name = basename(file);
  const broken = (cause: unknown) =>
    refusal('brokenArchive', name, `the archive cannot be read: ${reasonOf(cause)}`, cause);
  const archive = await openPromise(file, { lazyEntries: true, autoClose: false }).catch((cause: unknown) => {
    throw broken(cause);
  });
  const entries: Entry[] = [];
  try {
    for await (const entry of archive.eachEntry()) entries.push(entry);
  } catch (cause) {
    archive.close();
    throw broken(cause);
  }
  const wanted = entries.filter(
    ({ fileName }) => !fileName.endsWith('/') && !BY_THE_WAY.test(fileName) && KNOWN_ENDINGS.test(fileName),
  );
  const sealed = wanted.find(
    (entry) => entry.isEncrypted() || ![0, DEFLATED].includes(entry.compressionMethod),
  );
  if (wanted.length === 0 || sealed !== undefined) {
    archive.close();
    throw sealed === undefined
      ? refusal('emptyArchive', name, 'the archive holds no file of a known format')
      : refusal(
          'sealedArchive',
          `${name}/${sealed.fileName}`,
          'the entry is encrypted, or packed in an odd way',
        );
  }
  let open = wanted.length;
  const release = () => {
    open -= 1;
    if (open === 0) archive.close();
  };
  return wanted.map((entry) =>
    unpacked({
      name: `${name}/${entry.fileName}`,
      index: entries.indexOf(entry),
      ...zipEntry(archive, entry, `${name}/${entry.fileName}`),
      declared: entry.uncompressedSize,
      room,
      release,
    }),
  );
}

function zipEntry(archive: ZipFile, entry: Entry, name: string): Pick<Packed, 'bytes' | 'share'> {
  const counted = counting(entry.compressedSize);
  async function* bytes(): AsyncGenerator<Buffer> {
    const raw = await archive
      .openReadStreamPromise(entry, { decodeFileData: false })
      .catch((cause: unknown) => {
        throw refusal('brokenArchive', name, `the entry cannot be read: ${reasonOf(cause)}`, cause);
      });
    const packed = counted.of(raw);
    const plain =
      entry.compressionMethod === NOT_COMPRESSED ? packed : unpack(name, createInflateRaw(), packed);
    let sum = 0;
    let size = 0;
    for await (const chunk of plain) {
      size += chunk.length;
      if (size > entry.uncompressedSize)
        throw refusal('brokenArchive', name, 'the entry is larger than the archive says');
      sum = crc32(chunk, sum);
      yield chunk;
    }
    if (sum !== entry.crc32)
      throw refusal('brokenArchive', name, 'the entry is not what was packed (CRC-32)');
  }
  return { bytes, share: counted.share };
}

interface Packed extends Pick<Part, 'name' | 'index' | 'share'> {
  /** Unpacked. */
  bytes(): AsyncGenerator<Buffer>;
  /** How many they are said to be; not all archives say. */
  readonly declared?: number;
  readonly room: Room;
  readonly release: () => void;
}

/** A part whose bytes are no file of their own: one is made where one is needed. */
function unpacked({ name, index, bytes, share, declared = 0, room, release }: Packed): Part {
  let folder: string | undefined;
  async function* notNested(): AsyncGenerator<Buffer> {
    let first = true;
    for await (const chunk of bytes()) {
      if (first && (gzip(chunk) || zip(chunk)))
        throw refusal('sealedArchive', name, 'there is an archive within the archive');
      first = false;
      yield chunk;
    }
  }
  const noRoom = (bound: number, cause?: unknown) => {
    const where = `more than the ${Math.max(0, bound)} bytes that ${tmpdir()} has to spare`;
    return refusal('noRoom', name, `to be read it has to be unpacked, and takes ${where}`, cause);
  };
  async function* within(bound: number): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of notNested()) {
      size += chunk.length;
      if (size > bound) throw noRoom(bound);
      yield chunk;
    }
  }
  return {
    name,
    index,
    bytes: notNested,
    share,
    async onDisk() {
      const bound = await room();
      if (declared > bound) throw noRoom(bound);
      folder ??= await mkdtemp(join(tmpdir(), 'millrace-import-'));
      const file = join(folder, 'unpacked');
      try {
        await pipeline(Readable.from(within(bound)), createWriteStream(file));
      } catch (cause) {
        throw asDiskFull(cause) === undefined ? cause : noRoom(bound, cause);
      }
      return file;
    },
    async close() {
      release();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function* unpack(
  name: string,
  transform: ReturnType<typeof createGunzip> | ReturnType<typeof createInflateRaw>,
  packed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunks of through<Buffer>(transform, packed)) yield* chunks;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw refusal('brokenArchive', name, `it cannot be unpacked: ${reasonOf(cause)}`, cause);
  }
}

/** Counts what is read of so many bytes; read again, it counts anew. */
function counting(size: number) {
  let read = 0;
  async function* of(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    read = 0;
    for await (const chunk of chunks) {
      read += chunk.length;
      yield chunk;
    }
  }
  return { of, share: () => (size === 0 ? 1 : Math.min(1, read / size)) };
}
