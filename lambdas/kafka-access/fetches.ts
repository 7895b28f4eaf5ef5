/** What a consumer's fetches came to: a broker that says there is nothing, told from one that says nothing. */
export interface Fetches {
  asked(nodeId: number): void;
  answered(nodeId: number): void;
  /** An answer had records. */
  filled(): void;
  /** A consumer that starts again has asked nobody. */
  forget(): void;
  /** True where each broker that was asked has answered since there last were records, and with none. */
  areEmpty(): boolean;
}

/**
 * kafkajs says of a fetch that it ended, not whether it brought anything: that is known when its records, of which it
 * tells before it fetches again, have not come by the end of the fetch after it.
 */
const ENDS_OF_AN_EMPTY_ONE = 2;

export function fetches(): Fetches {
  const ended = new Map<number, number>();
  return {
    asked: (nodeId) => void ended.set(nodeId, ended.get(nodeId) ?? 0),
    answered: (nodeId) => void ended.set(nodeId, (ended.get(nodeId) ?? 0) + 1),
    filled: () => {
      for (const nodeId of ended.keys()) ended.set(nodeId, 0);
    },
    forget: () => ended.clear(),
    areEmpty: () => ended.size > 0 && [...ended.values()].every((count) => count >= ENDS_OF_AN_EMPTY_ONE),
  };
}
