import type { Message } from './message.ts';
import type { Random } from './random.ts';
import type { Event } from './simulator.ts';

const RECENT = 100;

/** The valid events sent so far, as far as later records speak of them. */
export interface Memory {
  add(message: Message): void;
  /** One of the last 100. */
  recent(): Message | undefined;
  /** One sent long ago: kept at the last call of `old`, the first event at first. */
  old(): Event | undefined;
}

export function memory(random: Random): Memory {
  const last: Message[] = [];
  let added = 0;
  let keepsake: Message | undefined;
  const recent = () => (last.length === 0 ? undefined : random.pick(last));
  return {
    add(message) {
      last[added % RECENT] = message;
      added += 1;
      keepsake ??= message;
    },
    recent,
    old() {
      const kept = keepsake;
      keepsake = recent();
      return kept && eventOf(kept);
    },
  };
}

export function eventOf(message: Message): Event {
  return JSON.parse(message.value?.toString() ?? '{}');
}
