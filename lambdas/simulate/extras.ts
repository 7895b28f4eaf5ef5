import type { Manifest } from '../../lib/contract/manifest.ts';
import { breaches } from './breach.ts';
import { cadence } from './cadence.ts';
import { canConflict, setAt, timeText, valueAt } from './generic.ts';
import type { Fate, Tally } from './ledger.ts';
import { eventOf, type Memory } from './memory.ts';
import { type Addressing, type Message, pathOf } from './message.ts';
import type { Plan } from './plan.ts';
import { randomFrom } from './random.ts';
import type { Event, Simulator } from './simulator.ts';

interface Extra {
  readonly kind: string;
  readonly fate: Fate;
  readonly message: Message;
}

const DAY_MS = 86_400_000;

/**
 * What is sent on top of the valid events: broken, misdated, told again, contradicting. Call once for each valid
 * event, after it; each extra has its own rate.
 */
export function extras(
  manifest: Manifest,
  simulator: Simulator,
  plan: Plan,
  parts: { address: Addressing; memory: Memory; ledger: Tally },
): () => readonly Message[] {
  const { address, memory, ledger } = parts;
  const { rates } = plan;
  const noise = randomFrom(plan.seed, 'noise');
  const ways = breaches(manifest);
  const { column } = manifest.partitionTime;
  const partitionTimePath = pathOf(manifest, column);
  const partitionTimeType = manifest.fields.find((field) => field.column === column)?.type;
  let broken = 0;
  let conflicts = 0;

  function told(kind: string, fate: Fate, event: Event, space?: number): Extra {
    return { kind, fate, message: address(event, Buffer.from(JSON.stringify(event, null, space))) };
  }

  function breach(): Extra | undefined {
    const way = ways[broken % ways.length];
    if (way === undefined) return undefined;
    const event = simulator.event(broken, noise, plan.startMs + noise.below(DAY_MS));
    // Every other round without a key: such records are nobody's, and must still be counted.
    const keyed = Math.floor(broken / ways.length) % 2 === 0;
    broken += 1;
    const message = address(keyed ? event : null, way.make(event, noise));
    return { kind: way.kind, fate: way.reason, message };
  }

  function misdated(fate: 'future' | 'too-old', timeMs: number): Extra {
    return told(fate, fate, simulator.event(broken, noise, timeMs));
  }

  function retold(): Extra | undefined {
    const event = memory.old();
    if (event === undefined) return undefined;
    const turned = Object.fromEntries(Object.entries(event).reverse());
    return told('retold', 'identicalDuplicate', { retold: true, ...turned }, 1);
  }

  /** In turn about an event sent long ago and a recent one, which is likely in the same batch. */
  function conflict(): Extra | undefined {
    conflicts += 1;
    const recent = conflicts % 2 === 0 ? memory.recent() : undefined;
    const original = recent === undefined ? memory.old() : eventOf(recent);
    return original && told('conflict', 'conflict', simulator.conflicting(original, noise));
  }

  /** A day earlier: never ahead, so that it makes nothing else late. */
  function stray(): Extra | undefined {
    const event = memory.old();
    if (event === undefined) return undefined;
    const timeMs = Date.parse(String(valueAt(event, partitionTimePath)));
    setAt(event, partitionTimePath, timeText(partitionTimeType, timeMs - DAY_MS));
    return told('stray', 'conflict', event);
  }

  const beat = (rate: number, name: string) => cadence(rate, randomFrom(plan.seed, name));
  const tooOldMs = plan.midnightMs - manifest.time.tooOldMs - 2 * DAY_MS;
  const table = [
    { beat: beat(rates.duplicates, 'duplicates'), make: duplicate },
    { beat: beat(rates.broken, 'broken'), make: breach },
    { beat: beat(rates.future, 'future'), make: () => misdated('future', plan.midnightMs + 2 * DAY_MS) },
    { beat: beat(rates.tooOld, 'too old'), make: () => misdated('too-old', tooOldMs) },
    { beat: beat(rates.retold, 'retold'), make: retold },
    { beat: beat(canConflict(manifest) ? rates.conflicts : 0, 'conflicts'), make: conflict },
    { beat: beat(manifest.partitionFollowsIdentity ? 0 : rates.strays, 'strays'), make: stray },
  ];

  function duplicate(): Extra | undefined {
    const message = memory.recent();
    return message && { kind: 'duplicate', fate: 'identicalDuplicate', message };
  }

  return () => {
    const messages: Message[] = [];
    for (const { beat, make } of table) {
      const extra = beat.hit() ? make() : undefined;
      if (extra === undefined) continue;
      ledger.count(extra.kind, extra.fate);
      messages.push(extra.message);
    }
    return messages;
  };
}
