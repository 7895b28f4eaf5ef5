import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dependencyOrder } from '../../../localstack/template/graph.ts';

describe('dependencyOrder', () => {
  it('puts each after all that it needs, and loses none', () => {
    const size = 12;
    // Edges from higher to lower numbers only: no circles.
    const edges = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([from, to]) => to < from));
    const numbers = Array.from({ length: size }, (_, index) => index);
    fc.assert(
      fc.property(edges, fc.shuffledSubarray(numbers, { minLength: size }), (pairs, ids) => {
        // Prepare
        const needs = new Map(
          ids.map((id) => [`n${id}`, pairs.filter(([from]) => from === id).map(([, to]) => `n${to}`)]),
        );

        // Act
        const order = dependencyOrder(needs, 'resources');

        // Assess
        expect([...order].sort()).toEqual([...needs.keys()].sort());
        for (const [from, to] of pairs)
          expect(order.indexOf(`n${to}`)).toBeLessThan(order.indexOf(`n${from}`));
      }),
    );
  });

  it('keeps the given order where nothing is needed', () => {
    // Act
    const order = dependencyOrder(
      new Map([
        ['b', []],
        ['a', ['outside']],
        ['c', []],
      ]),
      'stacks',
    );

    // Assess
    expect(order).toEqual(['b', 'a', 'c']);
  });

  it('spells a circle out', () => {
    // Prepare
    const needs = new Map([
      ['start', ['a']],
      ['a', ['b']],
      ['b', ['a']],
    ]);

    // Act
    const act = () => dependencyOrder(needs, 'stacks');

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR402', where: 'a -> b -> a' }));
  });
});
