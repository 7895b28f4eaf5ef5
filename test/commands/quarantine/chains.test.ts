import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chainsOf,
  REDRIVE_HEADER,
  type RedrivenRecord,
  redriveHeaders,
} from '../../../bin/command/quarantine/chains.ts';
import type { Position } from '../../../bin/command/quarantine/statements.ts';

const TOPIC = 'readings.v1';
const at = (partition: number, offset: number): Position => ({ partition, offset });

/** A topic that is redriven again and again, cut off anywhere: each round sends a part of what still fails. */
function redriveAll(origins: readonly Position[], rounds: readonly (readonly boolean[])[]) {
  const sent: RedrivenRecord[] = [];
  const latest = new Map(origins.map((one) => [one, one]));
  let end = 1_000;
  for (const round of rounds) {
    const chains = chainsOf(sent);
    for (const [index, origin] of origins.entries()) {
      if (round[index % round.length] !== true) continue;
      const current = latest.get(origin) ?? origin;
      const position = at(origin.partition, end++);
      sent.push({ ...position, origin: chains.originOf(current).offset });
      latest.set(origin, position);
    }
  }
  return { sent, latest };
}

const origins = fc.uniqueArray(fc.record({ partition: fc.nat(2), offset: fc.nat(500) }), {
  minLength: 1,
  maxLength: 12,
  selector: ({ partition, offset }) => `${partition}/${offset}`,
});
const rounds = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), { maxLength: 6 });

describe('chains of redriven records', () => {
  test('know the origin and the latest of each, whatever was sent how often', () => {
    fc.assert(
      fc.property(origins, rounds, fc.nat(), (origins, rounds, seed) => {
        // Prepare: bronze gives them in any order, some of them twice
        const { sent, latest } = redriveAll(origins, rounds);
        const read = [...sent, ...sent.slice(seed % (sent.length + 1))].reverse();

        // Act
        const chains = chainsOf(read);

        // Assess
        for (const [origin, last] of latest) {
          expect(chains.latestOf(origin)).toEqual(last);
          expect(chains.latestOf(last)).toEqual(last);
          expect(chains.originOf(last)).toEqual(origin);
        }
        expect(chains.earlier.length).toBe(sent.length);
      }),
    );
  });

  test('leave a record its own headers, and one origin', () => {
    // Act
    const once = redriveHeaders(TOPIC, at(2, 7), [['trace', null]]);
    const twice = redriveHeaders(TOPIC, at(2, 7), once);

    // Assess
    expect(twice).toEqual([
      ['trace', null],
      [REDRIVE_HEADER, Buffer.from('readings.v1/2/7')],
    ]);
    expect(once).toEqual(twice);
  });
});
