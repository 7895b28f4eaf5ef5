/**
 * The partition of a message key, as Kafka's Java producer picks it (murmur2, seed 0x9747b28c), so that a key
 * written by any other producer lands in the same place.
 */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

const M = 0x5bd1e995;

export function murmur2(data: Buffer): number {
  const { length } = data;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(data.readInt32LE(at), M);
    k = Math.imul(k ^ (k >>> 24), M);
    hash = Math.imul(hash, M) ^ k;
  }
  const rest = length - whole;
  if (rest > 2) hash ^= (data[whole + 2] ?? 0) << 16;
  if (rest > 1) hash ^= (data[whole + 1] ?? 0) << 8;
  if (rest > 0) hash = Math.imul(hash ^ (data[whole] ?? 0), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
