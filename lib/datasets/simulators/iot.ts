import type { Random } from '../../../lambdas/simulate/random.ts';
import { randomFrom } from '../../../lambdas/simulate/random.ts';
import type { Event, Simulator } from '../../../lambdas/simulate/simulator.ts';

const DEVICES = 50;
const TYPES = ['temperature', 'pressure', 'humidity', 'motion', 'light'] as const;
const ZONES = ['zone-A', 'zone-B', 'zone-C', 'zone-D', 'zone-E'] as const;
const VALUE_RANGE = {
  temperature: [15, 30],
  pressure: [900, 1100],
  humidity: [30, 80],
  motion: [0, 1],
  light: [0, 1000],
} as const;

interface Device {
  readonly id: string;
  readonly type: (typeof TYPES)[number];
  readonly metadata: { readonly location: string; readonly firmware: string };
}

/** 50 devices, each of one lasting type, place and firmware; log-normal durations (mu 4.5, sigma 0.5, 50 to 500 ms). */
export function simulator(seed: number): Simulator {
  const lasting = randomFrom(seed, 'devices');
  const devices = Array.from({ length: DEVICES }, (_, number) => device(number, lasting));
  return {
    event(_i, random, eventTimeMs) {
      const { id, type, metadata } = random.pick(devices);
      return {
        event_id: random.uuid(),
        device_id: id,
        device_type: type,
        timestamp: new Date(eventTimeMs).toISOString(),
        event_duration: duration(random),
        value: value(type, random),
        status: status(random),
        metadata,
      };
    },
    conflicting(event, random) {
      return { ...event, event_duration: other(event, random), status: 'critical' };
    },
  };
}

function device(number: number, random: Random): Device {
  return {
    id: `device-${String(number + 1).padStart(3, '0')}`,
    type: TYPES[number % TYPES.length] ?? 'temperature',
    metadata: {
      location: random.pick(ZONES),
      firmware: `v${1 + random.below(3)}.${random.below(10)}.${random.below(20)}`,
    },
  };
}

/** Milliseconds, three decimals. */
function duration(random: Random): number {
  const drawn = Math.exp(4.5 + 0.5 * random.normal());
  return Math.round(Math.min(500, Math.max(50, drawn)) * 1000) / 1000;
}

function value(type: keyof typeof VALUE_RANGE, random: Random): number {
  const [min, max] = VALUE_RANGE[type];
  return Math.round((min + random.unit() * (max - min)) * 100) / 100;
}

function status(random: Random): string {
  const drawn = random.unit();
  if (drawn < 0.8) return 'normal';
  return drawn < 0.95 ? 'warning' : 'critical';
}

function other(event: Event, random: Random): number {
  const drawn = duration(random);
  return drawn === event.event_duration ? drawn + 1 : drawn;
}
