import * as z from 'zod';
import { mappedBy } from '../../../lambdas/fetch/mapped.ts';
import type { Patience } from '../../../lambdas/fetch/patience.ts';
import { dataset } from '../../../lib/contract/dataset.ts';
import type { SourceForm } from '../../../lib/contract/form.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { present, text } from '../../../lib/contract/mapping.ts';
import type { RestSource } from '../../../lib/contract/source.ts';

type RestForm = Extract<SourceForm, { kind: 'rest' }>;

const event = z.object({
  parcel: z.string().meta({ description: 'Number of the parcel' }),
  updated: z.iso.datetime({ precision: 3 }).meta({ description: 'Time of this version' }),
  state: z.string().meta({ description: 'Where it is' }),
  names: z.string().nullish().meta({ description: 'Other numbers of it' }),
});

/** A contract with one REST source, as little as can be. */
export function parcels(source: Partial<RestForm> = {}): Manifest {
  return dataset({
    name: 'parcels',
    description: 'Parcels under way',
    event,
    silver: 'parcels',
    topic: { name: 'parcels', key: 'parcel', partitions: 3, retentionHours: 24 },
    identity: ['parcel'],
    partitionTime: 'updated',
    partitionFollowsIdentity: false,
    observedTime: 'updated',
    onConflict: { newest: 'updated' },
    latenessMinutes: 10,
    retentionDays: 30,
    declaredEventsPerSecond: 1,
    sources: [
      {
        kind: 'rest',
        name: 'carrier',
        description: 'The API of a carrier',
        url: 'http://127.0.0.1:1/parcels',
        records: 'data',
        version: 'updated',
        mapping: {
          demands: [present('id')],
          event: {
            parcel: text('id'),
            updated: { utc: text('at') },
            state: text('state'),
            names: text('alias'),
          },
        },
        ...source,
      },
    ],
  }).manifest;
}

export function sourceIn(manifest: Manifest): RestSource {
  const [source] = manifest.sources;
  if (source?.kind !== 'rest') throw new Error('no REST source');
  return source;
}

export const mapOf = (manifest: Manifest) => mappedBy(sourceIn(manifest), new Map());

/** As the functions have it, but quick; pauses are written down and not slept. */
export function quick(overrides: Partial<Patience> = {}): Patience & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    retries: 3,
    baseMs: 10,
    mostMs: 40,
    deadlineMs: Date.now() + 60_000,
    nowMs: Date.now,
    random: () => 0.5,
    sleep: async (ms) => {
      slept.push(Math.round(ms));
    },
    ...overrides,
  };
}
