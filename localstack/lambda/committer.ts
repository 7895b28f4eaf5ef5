import { setTimeout as sleep } from 'node:timers/promises';

export interface CommittedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly name: string;
  readonly lost: boolean;
}

/** An offset as Kafka commits it: the next to be read. */
export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface Committer {
  /** Has `next` committed soon. A partition's later offset stands for its earlier ones. */
  commit(partition: CommittedPartition, next: number): void;
  /** Has each partition's latest offset committed once more: the broker may not have been told. */
  again(): void;
  /** Commits what is left, giving up after one more attempt. */
  close(): Promise<void>;
}

/**
 * Commits offsets one request at a time, the latest of each partition, until the broker takes them: what is not
 * committed is only sent again after a restart, so no one has to wait for it.
 */
export function createCommitter(
  write: (offsets: readonly CommittedOffset[]) => Promise<void>,
  log: (line: string) => void,
  retryMs = 500,
): Committer {
  const wanted = new Map<string, readonly [CommittedPartition, number]>();
  const latest = new Map<string, readonly [CommittedPartition, number]>();
  const closing = new AbortController();
  let working: Promise<void> | undefined;

  const attempt = async (): Promise<void> => {
    const taken = [...wanted];
    wanted.clear();
    const offsets = taken
      .filter(([, [partition]]) => !partition.lost)
      .map(([, [{ topic, partition }, next]]) => ({ topic, partition, offset: String(next) }));
    if (offsets.length === 0) return;
    try {
      await write(offsets);
    } catch (error) {
      for (const [name, entry] of taken) if (!wanted.has(name)) wanted.set(name, entry);
      throw error;
    }
  };
  const work = async (): Promise<void> => {
    while (wanted.size > 0 && !closing.signal.aborted) {
      try {
        await attempt();
      } catch (error) {
        log(`commit: ${(error as Error).message}`);
        await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
    working = undefined;
  };

  return {
    commit: (partition, next) => {
      latest.set(partition.name, [partition, next]);
      wanted.set(partition.name, [partition, next]);
      working ??= work();
    },
    again: () => {
      for (const [name, entry] of latest) {
        if (entry[0].lost) latest.delete(name);
        else wanted.set(name, entry);
      }
      if (wanted.size > 0) working ??= work();
    },
    close: async () => {
      closing.abort();
      await working;
      await attempt().catch((error) => log(`last commit: ${(error as Error).message}`));
    },
  };
}
