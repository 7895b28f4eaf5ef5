import { MillraceError } from '../../lib/errors.ts';

/**
 * The ids, each after all that it needs; among equals in the given order. Needs that are no ids are ignored.
 *
 * @param what the nodes in the error: `stacks`, `resources`
 * @throws MR402 with the circle spelt out
 */
export function dependencyOrder(needs: ReadonlyMap<string, readonly string[]>, what: string): string[] {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string, path: readonly string[]): void => {
    const mine = needs.get(id);
    if (mine === undefined || state.get(id) === 'done') return;
    if (state.get(id) === 'open') {
      throw new MillraceError('MR402', `${what} depend on each other in a circle`, {
        where: [...path.slice(path.indexOf(id)), id].join(' -> '),
        mend: 'break the circle in the app: one of them must not refer to the next',
      });
    }
    state.set(id, 'open');
    for (const need of mine) visit(need, [...path, id]);
    state.set(id, 'done');
    order.push(id);
  };
  for (const id of needs.keys()) visit(id, []);
  return order;
}
