import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nothing } from '../../../bin/command/import/state.ts';
import { type Fate, tally } from '../../../bin/command/import/tally.ts';

const skipped: Fate = { kind: 'skipped' };
const event: Fate = { kind: 'event' };
const rejected = (detail: string): Fate => ({ kind: 'rejected', column: 'a', detail });

describe('a tally', () => {
  it('counts what is skipped at once where no message is under way, else after it', () => {
    // Prepare
    const counted = tally(nothing);
    const rows: number[] = [];
    const told = (act: () => void) => {
      act();
      rows.push(counted.rows);
    };

    // Act
    told(() => counted.add(skipped));
    told(() => counted.add(event));
    told(() => counted.add(skipped));
    told(() => counted.acknowledge(1));
    told(() => counted.add(skipped));

    // Assess
    expect(rows).toEqual([1, 1, 1, 3, 4]);
  });

  it('counts each row in its order, once it and all before it are acknowledged', () => {
    const fates = fc.constantFrom(skipped, event, rejected('x'), rejected('y'));
    fc.assert(
      fc.property(fc.array(fc.tuple(fates, fc.nat(3)), { maxLength: 60 }), (steps) => {
        // Prepare
        const counted = tally(nothing);
        const added: Fate[] = [];
        let acknowledged = 0;

        for (const [fate, more] of steps) {
          // Act
          counted.add(fate);
          added.push(fate);
          const sent = added.filter(({ kind }) => kind !== 'skipped').length;
          acknowledged = Math.min(sent, acknowledged + more);
          counted.acknowledge(acknowledged);

          // Assess
          let left = acknowledged;
          const upTo = added.findIndex(({ kind }) => kind !== 'skipped' && left-- === 0);
          const done = upTo < 0 ? added : added.slice(0, upTo);
          const of = (kind: string) => done.filter((one) => one.kind === kind).length;
          const counts = counted.counts();
          expect(counts).toMatchObject({
            rows: done.length,
            events: of('event'),
            rejected: of('rejected'),
            skipped: of('skipped'),
          });
          expect(counts.reasons.reduce((sum, { count }) => sum + count, 0)).toBe(of('rejected'));
        }
      }),
    );
  });
});
