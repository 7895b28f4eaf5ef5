import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type CommittedOffset, createCommitter } from '../../../localstack/lambda/committer.ts';

const partition = (number: number) => ({ topic: 't', partition: number, name: `t-${number}`, lost: false });

describe('createCommitter', () => {
  it('commits the latest offset of each partition, one request at a time', async () => {
    // Prepare
    const written: (readonly CommittedOffset[])[] = [];
    let under = 0;
    const committer = createCommitter(
      async (offsets) => {
        under += 1;
        expect(under).toBe(1);
        await turn();
        under -= 1;
        written.push(offsets);
      },
      () => undefined,
    );

    // Act
    committer.commit(partition(0), 5);
    committer.commit(partition(0), 9);
    committer.commit(partition(1), 2);
    await committer.close();

    // Assess
    expect(written.flat()).toEqual([
      { topic: 't', partition: 0, offset: '5' },
      { topic: 't', partition: 0, offset: '9' },
      { topic: 't', partition: 1, offset: '2' },
    ]);
  });

  it('tries again what the broker did not take, unless there is a later offset', async () => {
    // Prepare
    const written: (readonly CommittedOffset[])[] = [];
    const said: string[] = [];
    let refusals = 2;
    const committer = createCommitter(
      async (offsets) => {
        await turn();
        if (refusals-- > 0) throw new Error('not now');
        written.push(offsets);
      },
      (line) => said.push(line),
      1,
    );

    // Act
    committer.commit(partition(0), 5);
    await turn();
    committer.commit(partition(0), 7);
    for (let turns = 0; written.length === 0 && turns < 1_000; turns += 1) await turn();
    await committer.close();

    // Assess
    expect(written).toEqual([[{ topic: 't', partition: 0, offset: '7' }]]);
    expect(said).toEqual(['commit: not now', 'commit: not now']);
  });

  it('commits what is left when it closes, and nothing of a partition that was lost', async () => {
    // Prepare
    const written: (readonly CommittedOffset[])[] = [];
    const gate = Promise.withResolvers<void>();
    const committer = createCommitter(
      async (offsets) => {
        await gate.promise;
        written.push(offsets);
      },
      () => undefined,
    );
    const lost = partition(1);

    // Act
    committer.commit(partition(0), 1);
    committer.commit({ ...lost, lost: true }, 8);
    committer.commit(partition(2), 3);
    const closed = committer.close();
    gate.resolve();
    await closed;

    // Assess
    expect(written.flat().map(({ partition: number, offset }) => [number, offset])).toEqual([
      [0, '1'],
      [2, '3'],
    ]);
  });

  it('commits again what the broker may not have been told, but for partitions that are lost', async () => {
    // Prepare
    const written: (readonly CommittedOffset[])[] = [];
    const committer = createCommitter(
      async (offsets) => void written.push(offsets),
      () => undefined,
    );
    const [kept, lost] = [partition(0), { ...partition(1), lost: false }];
    committer.commit(kept, 5);
    committer.commit(lost, 7);
    await committer.close();
    written.length = 0;
    lost.lost = true;

    // Act
    committer.again();
    await committer.close();

    // Assess
    expect(written.flat()).toEqual([{ topic: 't', partition: 0, offset: '5' }]);
  });
});
