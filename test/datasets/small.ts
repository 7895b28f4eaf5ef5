import * as z from 'zod';
import { type Dataset, type DatasetForm, dataset } from '../../lib/contract/dataset.ts';

/** The smallest sound contract, and what is added to it. */
export function small(name: string, topic: string, silver: string, more: Partial<DatasetForm> = {}): Dataset {
  return dataset({
    name,
    description: 'The smallest contract',
    event: z.object({
      id: z.string().meta({ description: 'Identity' }),
      at: z.iso.datetime({ precision: 3 }).meta({ description: 'Time' }),
    }),
    silver,
    topic: { name: topic, key: 'id', partitions: 1, retentionHours: 1 },
    identity: ['id'],
    partitionTime: 'at',
    observedTime: 'at',
    onConflict: 'first',
    latenessMinutes: 10,
    retentionDays: 1,
    declaredEventsPerSecond: 1,
    ...more,
  });
}
