import { small } from './small.ts';

/** A contract that publishes its rows and its minutes. */
export const publishing = small('ware', 'ware-events', 'wares', {
  topic: { name: 'ware-events', key: 'id', partitions: 1, retentionHours: 1, maxMessageBytes: 1000 },
  publish: { topic: 'ware-rows', key: 'id' },
  windows: [
    {
      name: 'ware_minutely',
      description: 'Events by minute',
      sizeSeconds: 60,
      key: ['id'],
      aggregates: [{ kind: 'count', column: 'events', description: 'Events' }],
      publish: { topic: 'ware-minutes', key: 'id', partitions: 3, retentionHours: 2 },
    },
  ],
}).manifest;
