/** Reads and writes the primitive types of Kafka's (non-flexible) requests. Big-endian. */
export interface Reader {
  int8(): number;
  int16(): number;
  int32(): number;
  int64(): bigint;
  text(): string | null;
  list<T>(item: () => T): T[];
}

export function reader(buffer: Buffer): Reader {
  let at = 0;
  const take = (size: number) => {
    at += size;
    return at - size;
  };
  const self: Reader = {
    int8: () => buffer.readInt8(take(1)),
    int16: () => buffer.readInt16BE(take(2)),
    int32: () => buffer.readInt32BE(take(4)),
    int64: () => buffer.readBigInt64BE(take(8)),
    text() {
      const size = self.int16();
      if (size < 0) return null;
      const start = take(size);
      return buffer.toString('utf8', start, start + size);
    },
    list: (item) => Array.from({ length: Math.max(0, self.int32()) }, item),
  };
  return self;
}

export function int8(value: number): Buffer {
  return Buffer.of(value & 0xff);
}

export function int16(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(2);
  buffer.writeInt16BE(value);
  return buffer;
}

export function int32(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeInt32BE(value);
  return buffer;
}

export function text(value: string | null): Buffer {
  if (value === null) return int16(-1);
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}
