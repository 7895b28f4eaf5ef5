import { NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { Imported } from '../../../bin/command/import/importing.ts';
import { extract, extracted } from '../../../bin/command/pipeline/extract.ts';
import { loaded } from '../../../bin/command/pipeline/load.ts';
import type { Asked } from '../../../bin/command/pipeline/step.ts';
import { beforeSilver, transform, transformed } from '../../../bin/command/pipeline/transform.ts';
import { visualized } from '../../../bin/command/pipeline/visualize.ts';
import type { Standing } from '../../../lambdas/audit/standing.ts';
import { dataset } from '../../../lib/contract/dataset.ts';
import { parcels, parcelsSql } from '../../contract/parcels.ts';

const file: Imported = {
  file: 'a.csv',
  source: 'scans',
  end: 'done',
  rows: 1200,
  events: 90,
  rejected: 10,
  skipped: 1100,
  reasons: [],
  before: 0,
  seconds: 1,
};

describe('what extract did', () => {
  test('is told of the files, and which rows were sent now', () => {
    // Act
    const { facts, text } = extracted('parcels', [file, { ...file, end: 'known', before: 1200 }]);

    // Assess
    expect(facts).toEqual({
      files: 2,
      known: 1,
      rows: 2400,
      events: 180,
      rejected: 20,
      skipped: 2200,
      sentRows: 1200,
    });
    expect(text).toBe(
      'parcels: 2,400 rows of 2 files, 180 events, 20 rejected, 2,200 of other days, 1,200 rows read by an earlier run\n',
    );
  });

  test('is nothing where there are no files', async () => {
    // Prepare
    const { manifest } = dataset(parcels, parcelsSql);
    const asked = { manifest, files: [] } as unknown as Asked;

    // Act, Assess
    await expect(extract(asked)).rejects.toMatchObject({ code: 'MR852' });
  });
});

describe('silver', () => {
  const standing = (landed: number, until: number): Standing => ({
    ends: new Map([
      [0, 10],
      [1, 2000],
    ]),
    landed: new Map([
      [0, 10],
      [1, landed],
    ]),
    progress: {
      silver: { partitions: { 0: { until: 10 }, 1: { until } } },
      sweep: undefined,
      // Not waited for.
      gold: { depot_days: undefined },
    },
  });

  test('is reached when landing and silver are past the ends, whatever gold is', () => {
    // Act, Assess
    expect(beforeSilver(standing(2000, 2100))).toEqual([]);
  });

  test('is not reached before, and each part says how far it is behind', () => {
    // Act, Assess
    expect(beforeSilver(standing(1990, 500))).toEqual([
      'landing (bronze, quarantine): 10 records behind',
      'silver: 1,500 records behind',
    ]);
    expect(
      beforeSilver({ ...standing(2000, 0), progress: { ...standing(0, 0).progress, silver: undefined } }),
    ).toEqual(['silver: 2,010 records behind']);
  });

  test('that stands still ends the wait, which says what is behind', async () => {
    // Prepare: a topic of five records, of which two are landed and none is in silver
    const { manifest } = dataset(parcels, parcelsSql);
    const s3 = {
      send: async () => {
        throw new NoSuchKey({ message: 'none', $metadata: {} });
      },
    } as unknown as S3Client;
    const kafka = {
      offsets: async () => ({ low: new Map([[0, 0]]), high: new Map([[0, 5]]) }),
      committed: async () => new Map([[0, 2]]),
    };
    const asked = { manifest, standing: { manifest, kafka, s3 }, waitSeconds: 0.01 } as unknown as Asked;

    // Act
    const waiting = transform(asked);

    // Assess
    await expect(waiting).rejects.toMatchObject({ code: 'MR855' });
    await expect(waiting).rejects.toThrow(
      /parcels: landing \(bronze, quarantine\): 3 records behind\n {2}parcels: silver: 5 records behind/,
    );
  });

  test('is told with the windows that were computed again', () => {
    // Act
    const { text } = transformed('parcels', { positions: 2010, waitedFor: 10, windows: { minutely: 1440 } });

    // Assess
    expect(text).toBe(
      'parcels: silver is past all 2,010 positions, 10 of them waited for\n  minutely: 1,440 windows computed again\n',
    );
  });
});

test('what load did is told by model', () => {
  // Act
  const { facts, text } = loaded('parcels', {
    'gold-days': { partitions: ['2026-03-01'] },
    'gold-depots': { partitions: null },
    'gold-routes': { partitions: [] },
  });

  // Assess
  expect(facts).toEqual({ models: { days: 1, depots: null, routes: 0 } });
  expect(text).toBe(
    'parcels: gold is up to date\n  days: 1 partition computed\n  depots: computed whole\n  routes: nothing to compute\n',
  );
});

test('what visualize did is told with the page', () => {
  // Act
  const { facts, text } = visualized({
    dataset: 'parcels',
    description: 'Scans of parcels.',
    stage: 'local',
    generatedAt: '2026-03-01T10:00:00.000Z',
    folder: 'figures',
    files: ['index.html', 'a.csv'],
    rows: { a: 1, b: 1200 },
  });

  // Assess
  expect(facts).toMatchObject({ queries: 2, folder: 'figures' });
  expect(text).toBe('parcels: 1,201 rows of 2 queries in 2 files\n  figures/index.html\n');
});
