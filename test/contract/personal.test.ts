import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { differences } from '../../lib/contract/compatibility.ts';
import { type DatasetForm, dataset } from '../../lib/contract/dataset.ts';
import { exposureOf, isOpenQuery, personalColumns, readsPersonal } from '../../lib/contract/personal.ts';
import { nextRelease } from '../../lib/contract/release.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import { patients, visitShape, visitsSql } from './visits.ts';

const made = (form: DatasetForm = patients) => dataset(form, visitsSql).manifest;
const sharedOf = (form?: DatasetForm) => made(form).gold.find(({ name }) => name === 'visits_shared');

describe('a contract without personal data', () => {
  it('has no shared table, and is open as a whole', async () => {
    // Prepare
    const manifests = (await allDatasets()).map(({ manifest }) => manifest);

    // Act
    const exposures = manifests.map(exposureOf);

    // Assess
    expect(manifests.length).toBeGreaterThan(1);
    for (const { personal, closed, open } of exposures) {
      expect([personal, closed]).toEqual([[], []]);
      expect(open.length).toBeGreaterThan(6);
    }
    for (const { gold } of manifests)
      expect(gold.filter(({ name, retention }) => name.endsWith('_shared') || retention)).toEqual([]);
  });
});

describe('a contract with personal data', () => {
  it('counts what is derived of it as personal, and findings about it', () => {
    // Prepare, Act
    const personal = personalColumns(made());

    // Assess
    expect([...personal].sort()).toEqual(['age', 'age_band', 'minor', 'name', 'quality_findings']);
  });

  it('has silver without its personal columns as a gold model by day', () => {
    // Prepare, Act
    const shared = sharedOf();

    // Assess
    expect(shared).toMatchObject({
      grain: ['visit_id'],
      partitionColumn: 'date',
      retention: 'silver',
      quality: [],
      export: null,
    });
    expect(shared?.columns.map(({ name }) => name)).toEqual([
      'date',
      'visit_id',
      'ward',
      'arrived_at',
      'kafka_partition',
      'kafka_offset',
      'kafka_timestamp',
      'late',
      'processing_time',
    ]);
    expect(shared?.sql).toMatch(
      /^SELECT\n {2}CAST\(arrived_at AS DATE\) AS date,\n {2}visit_id,[^*]*\nFROM visits$/,
    );
  });

  it('has no second date where the partition time is one, and a grain that a moved identity does not break', () => {
    // Prepare
    const event = z.object({ ...visitShape, arrived_on: z.iso.date().meta({ description: 'Day' }) });

    // Act
    const shared = sharedOf({
      ...patients,
      event,
      partitionTime: 'arrived_on',
      partitionFollowsIdentity: false,
      windows: (patients.windows ?? []).map((one) => ({ ...one, time: 'arrived_at' })),
    });

    // Assess
    expect(shared?.partitionColumn).toBe('arrived_on');
    expect(shared?.grain).toEqual(['kafka_partition', 'kafka_offset']);
    expect(shared?.columns.map(({ name }) => name)).not.toContain('date');
  });

  it('closes what holds personal data or is made of it, and nothing else', () => {
    // Prepare, Act
    const { open, closed } = exposureOf(made());

    // Assess
    expect([...closed].sort()).toEqual([
      'patients_quarantine',
      'patients_quarantine_landed',
      'patients_rejected',
      'visits',
      'visits_by_age',
      'visits_by_name',
      'visits_raw',
      'visits_raw_distinct',
    ]);
    expect([...open].sort()).toEqual(['visits_by_ward', 'visits_daily', 'visits_shared']);
  });

  it('has open queries on open tables alone', () => {
    // Prepare
    const exposure = exposureOf(made());

    // Act
    const open = [
      'SELECT ward, COUNT(*) FROM visits_shared GROUP BY ward',
      "SELECT 'visits' AS what FROM visits_by_ward",
      'SELECT ward FROM Visits',
      'SELECT d.day FROM visits_daily AS d JOIN "visits_raw" AS r ON true',
      `SELECT ward AS "it's" FROM visits_raw WHERE ward <> 'x'`,
    ].map((sql) => isOpenQuery(sql, exposure));

    // Assess
    expect(open).toEqual([true, true, false, false, false]);
  });

  it.each(['identity', 'partitionTime', 'observedTime'] as const)('is refused with a personal %s', (role) => {
    // Prepare
    const event = z.object({
      ...visitShape,
      born: z.iso.datetime({ precision: 3 }).meta({ description: 'Birth', personal: true }),
    });
    const form = { ...patients, event, [role]: role === 'identity' ? ['visit_id', 'born'] : 'born' };

    // Act
    const make = () => made(form);

    // Assess
    expect(make).toThrow(expect.objectContaining({ code: 'MR152', where: `patients.${role}` }));
  });

  it.each([
    [
      'table',
      { windows: (patients.windows ?? []).map((one) => ({ ...one, name: 'visits_shared' })) },
      'MR113',
    ],
    [
      'query',
      { queries: [{ name: 'visits_shared', description: 'x', kind: 'view', sql: 'patients/visits_daily' }] },
      'MR148',
    ],
  ] as const)('is refused where a %s takes the name of the shared one', (_, part, code) => {
    // Prepare, Act
    const make = () => made({ ...patients, ...part });

    // Assess
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  it('may mark a released field as personal: it leaves the shared table with a warning', () => {
    // Prepare
    const { event: _, ...rest } = patients;
    const { ward, ...others } = visitShape;
    const released = nextRelease(made(), undefined);

    // Act
    const found = differences(
      released,
      made({
        ...rest,
        event: z.object({ ...others, ward: ward.meta({ description: 'Ward', personal: true }) }),
      }),
    );

    // Assess
    expect(found.map(({ kind, place }) => [kind, place])).toEqual([
      ['warning', 'patients.visits_shared.ward'],
    ]);
  });
});

describe('SQL that reads personal columns', () => {
  const personal = new Set(['name']);

  it.each([
    ['names one', 'SELECT COUNT(DISTINCT name) FROM visits', true],
    ['names one in other letters', 'SELECT "NAME" AS n FROM visits', true],
    ['takes all columns', 'SELECT * FROM visits', true],
    ['takes all columns of a table', 'SELECT v.* FROM visits AS v', true],
    ['packs all columns', 'SELECT to_json(struct(*)) AS j FROM visits', true],
    ['takes all but some', 'SELECT ward, * EXCEPT (ward) FROM visits', true],
    ['counts', 'SELECT COUNT( * ) AS n, 2 * COUNT(*) FROM visits', false],
    ['multiplies', 'SELECT (beds * 2) * days FROM visits', false],
    ['says the word in a text and a comment', "SELECT 'name' AS x /* name, * */ FROM visits -- name", false],
    ['has the word in another', 'SELECT ward_name FROM visits', false],
    ['gives columns other names', 'SELECT b FROM visits AS v (a, b)', true],
    ['gives columns other names without AS', 'SELECT b FROM lake."Visits" "v w"(a, b)', true],
    ['gives columns of a bracket other names', 'SELECT b FROM (visits) v (a, b)', true],
    ['gives columns of a sample other names', 'SELECT b FROM visits TABLESAMPLE (1 ROWS) v (a, b)', true],
    ['gives columns of a version other names', 'SELECT b FROM visits FOR VERSION AS OF 1 v (a, b)', true],
    ['takes a table', 'WITH v (a, b) AS (TABLE visits) SELECT b FROM v', true],
    ['takes a table of a database', 'WITH v (a, b) AS (TABLE lake.`visits`) SELECT b FROM v', true],
    ['hides code by an identifier', `SELECT ward AS "it's", name AS "x'" FROM visits`, true],
    ['hides code by an escape', String.raw`SELECT '\'', name, '' FROM visits`, true],
    ['has brackets of its own', 'SELECT v.ward FROM visits v WHERE (v.ward) IN (1)', false],
    ['has brackets after silver', 'SELECT ward FROM visits WHERE (ward > 1)', false],
    ['joins a bracket', 'SELECT ward FROM visits JOIN (SELECT 1 AS x) AS y ON true', false],
    ['has texts between identifiers', `SELECT "ward", 'a' AS "x" FROM visits`, false],
  ])('%s: %s', (_, sql, reads) => {
    // Prepare, Act, Assess
    expect(readsPersonal(sql, personal, 'visits')).toBe(reads);
  });
});
