/**
 * Seeded random numbers: small, fast and the same on every machine, so that a seed makes a run repeatable.
 * sfc32 (128 bits of state, passes PractRand), seeded through splitmix32.
 */
export interface Random {
  /** Uniform unsigned 32-bit integer. */
  bits(): number;
  /** Uniform in [0, 1), 32 bits of resolution. */
  unit(): number;
  /** Uniform integer in [0, below). */
  below(below: number): number;
  /** One of the items, which must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  /** A UUID of version 4. */
  uuid(): string;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex32(bits: number): string {
  return `${HEX[bits >>> 24]}${HEX[(bits >>> 16) & 255]}${HEX[(bits >>> 8) & 255]}${HEX[bits & 255]}`;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

/** `stream` separates sequences of one seed, so that drawing more from one never shifts another. */
export function randomFrom(seed: number, stream: string): Random {
  let folded = 0x811c9dc5 | 0;
  for (const character of `${seed}/${stream}`) {
    folded = Math.imul(folded ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  const mix = splitmix32(folded);
  let a = mix();
  let b = mix();
  let c = mix();
  let d = 1;

  function bits(): number {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  }
  for (let warm = 0; warm < 12; warm += 1) bits();

  const unit = () => bits() / 4294967296;
  const below = (limit: number) => Math.floor(unit() * limit);
  return {
    bits,
    unit,
    below,
    pick<T>(items: readonly T[]): T {
      return items[below(items.length)] as T;
    },
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - unit()));
      return radius * Math.cos(2 * Math.PI * unit());
    },
    uuid() {
      const first = hex32(bits());
      const second = hex32(((bits() & 0xffff0fff) | 0x4000) >>> 0);
      const third = hex32(((bits() & 0x3fffffff) | 0x80000000) >>> 0);
      const fourth = hex32(bits());
      return `${first}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${fourth}`;
    },
  };
}
