import { describe, expect, it } from 'vitest';
import { type Landing, land } from '../../../lambdas/land/landing.ts';
import { compileTabulate } from '../../../lambdas/land/table.ts';
import { base64, eventOf, kafkaTime, manifest, record, rowsOf } from './readings.ts';

const broken = base64('not json');
const key = (partition: number, first: number, last: number, hour = '10'): string =>
  `readings/date=2026-03-01/hour=${hour}/readings-${partition}-${String(first).padStart(20, '0')}-${String(last).padStart(20, '0')}.parquet`;

interface Store {
  readonly landing: Landing;
  readonly written: Map<string, Uint8Array>;
}

function store(refuse: (place: string) => boolean = () => false): Store {
  const written = new Map<string, Uint8Array>();
  const landing: Landing = {
    tabulate: compileTabulate(manifest),
    bronze: { bucket: 'bronze', prefix: 'readings/' },
    quarantine: { bucket: 'quarantine', prefix: 'readings/' },
    put: async (bucket, name, body) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (refuse(`${bucket}/${name}`)) throw new Error('the store is away');
      written.set(`${bucket}/${name}`, body);
    },
  };
  return { landing, written };
}

describe('land', () => {
  it('writes every record to bronze, and the broken ones to quarantine after that', async () => {
    // Prepare
    const { landing, written } = store();
    const event = eventOf({ 'readings-0': [record(0), record(1, { value: broken }), record(2)] });

    // Act
    const landed = await land(landing, event);

    // Assess
    expect([...written.keys()]).toEqual([`bronze/${key(0, 0, 2)}`, `quarantine/${key(0, 0, 2)}`]);
    expect(await rowsOf(written.get(`bronze/${key(0, 0, 2)}`) ?? new Uint8Array())).toHaveLength(3);
    const quarantined = await rowsOf(written.get(`quarantine/${key(0, 0, 2)}`) ?? new Uint8Array());
    expect(quarantined).toMatchObject([
      { kafka_offset: 1n, reason: 'unparseable', path: '$', kafka_timestamp: new Date(kafkaTime) },
    ]);
    expect(landed).toMatchObject({
      records: 3,
      objects: 2,
      failures: [],
      verdicts: { valid: 2, unparseable: 1 },
    });
  });

  it('does nothing for an event without records', async () => {
    // Prepare
    const { landing, written } = store();

    // Act
    const landed = await land(landing, eventOf({}));

    // Assess
    expect(landed).toMatchObject({ records: 0, objects: 0, failures: [] });
    expect(written.size).toBe(0);
  });

  it.each(['bronze', 'quarantine'])(
    'reports the lowest offset of a partition whose %s cannot be written',
    async (place) => {
      // Prepare
      const { landing, written } = store((name) => name.startsWith(place) && name.includes('readings-1-'));
      const event = eventOf({
        'readings-0': [record(4, { value: broken })],
        'readings-1': [6, 7].map((offset) => record(offset, { partition: 1, value: broken })),
      });

      // Act
      const landed = await land(landing, event);

      // Assess
      expect(landed.failures).toEqual([{ partition: 'readings-1', offset: 6, cause: expect.any(Error) }]);
      expect(landed).toMatchObject({ records: 1, objects: 2 });
      expect(written.has(`bronze/${key(0, 4, 4)}`)).toBe(true);
      expect(written.has(`quarantine/${key(1, 6, 7)}`)).toBe(false);
    },
  );

  it('sends a partition again from its lowest offset, though its first hour was written', async () => {
    // Prepare
    const { landing } = store((name) => name.includes('hour=11'));
    const later = { timestamp: kafkaTime + 3_600_000 };
    const event = eventOf({
      'readings-0': [record(0), record(1, later)],
      'readings-1': [record(0, { partition: 1 })],
    });

    // Act
    const landed = await land(landing, event);

    // Assess
    expect(landed.failures).toMatchObject([{ partition: 'readings-0', offset: 0 }]);
  });

  it('rejects where no partition could be written', async () => {
    // Prepare
    const { landing } = store(() => true);
    const event = eventOf({ 'readings-0': [record(0)], 'readings-1': [record(0, { partition: 1 })] });

    // Act
    const landed = land(landing, event);

    // Assess
    await expect(landed).rejects.toMatchObject({
      code: 'MR803',
      cause: expect.objectContaining({ message: 'the store is away' }),
    });
  });
});
