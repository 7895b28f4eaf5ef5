import { describe, expect, test } from 'vitest';
import { forgottenHoles, heldHoles, neverRead } from '../../../lambdas/audit/holes.ts';
import type { KafkaView } from '../../../lambdas/audit/kafka.ts';
import { countOf, type OffsetRange } from '../../../lambdas/audit/ranges.ts';
import type { Scope } from '../../../lambdas/audit/scope.ts';
import { manifest } from './lake.ts';

const of = (offset: number) => new Map([[0, offset]]);
const run = (first: number, last: number): OffsetRange => ({ partition: 0, first, last });

/** Landing and silver stand at 100, the topic ends at 200. */
const standing: Scope = { manifest, horizon: of(200), landed: of(100), processed: of(100) };

/** A broker all of whose positions are records. */
function broker() {
  const asked: (readonly OffsetRange[])[] = [];
  const readable = async (_topic: string, ranges: readonly OffsetRange[]) => {
    asked.push(ranges);
    return [...ranges];
  };
  return { asked, view: { readable } as unknown as KafkaView };
}

describe('positions that Kafka has forgotten', () => {
  test('before any reader came to them are lost', () => {
    // Act
    const holes = forgottenHoles(of(150), standing, [run(0, 99)]);
    const lost = neverRead(holes, standing);

    // Assess
    expect(holes).toEqual([run(100, 149)]);
    expect(lost).toEqual([run(100, 149)]);
  });

  test('and silver is past cannot be told', () => {
    // Prepare
    const scope = { ...standing, processed: of(130) };

    // Act
    const holes = forgottenHoles(of(150), scope, [run(0, 99)]);

    // Assess
    expect(neverRead(holes, scope)).toEqual([run(130, 149)]);
  });

  test('and the landing is past cannot be told, up to where Kafka goes on', () => {
    // Prepare
    const scope = { ...standing, landed: of(200), processed: of(200) };

    // Act
    const holes = forgottenHoles(of(150), scope, [run(10, 39), run(60, 99)]);

    // Assess
    expect(holes).toEqual([run(40, 59), run(100, 149)]);
    expect(neverRead(holes, scope)).toEqual([]);
  });

  test('begin where a range begins, whatever the tables know', () => {
    // Prepare
    const scope = { ...standing, first: of(100), horizon: of(150) };

    // Act
    const holes = forgottenHoles(of(150), scope, []);

    // Assess
    expect(holes).toEqual([run(100, 149)]);
  });

  test('begin where the landing stands when the tables are empty, and nowhere where it has never begun', () => {
    // Prepare
    const never = { ...standing, landed: of(0), processed: of(0) };

    // Act
    const [emptied, other] = [forgottenHoles(of(150), standing, []), forgottenHoles(of(150), never, [])];

    // Assess
    expect(emptied).toEqual([run(100, 149)]);
    expect(other).toEqual([]);
  });
});

describe('positions that Kafka holds and no table knows', () => {
  test('are read in parts', async () => {
    // Prepare
    const { asked, view } = broker();
    const scope = { ...standing, horizon: of(70_000) };

    // Act
    const found = await heldHoles(view, 'topic', of(0), scope, [run(10, 19)]);

    // Assess
    expect(asked.length).toBe(2);
    expect(countOf(found.readable)).toBe(69_990);
    expect(found.unread).toEqual([]);
  });

  test('are no more looked at when enough of them are lost, and named', async () => {
    // Prepare
    const { asked, view } = broker();
    const scope = { ...standing, horizon: of(10_000_000) };

    // Act
    const { readable, unread } = await heldHoles(view, 'topic', of(0), scope, []);

    // Assess
    expect(asked.length).toBe(2);
    expect(countOf(readable)).toBe(100_000);
    expect(countOf(readable) + countOf(unread)).toBe(10_000_000);
  });

  test('are no more looked at after so many requests, found or not', async () => {
    // Prepare
    const scope = { ...standing, horizon: of(10_000_000) };
    const view = { readable: async () => [] } as unknown as KafkaView;

    // Act
    const { readable, unread } = await heldHoles(view, 'topic', of(0), scope, []);

    // Assess
    expect(readable).toEqual([]);
    expect(countOf(unread)).toBe(9_000_000);
  });
});
