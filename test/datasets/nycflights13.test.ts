/** All real flights of 2013 through their mapping, held to what the file itself says of them. */
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { sampleFilesOf } from '../../bin/command/demo/sample-files.ts';
import { sourceFor } from '../../bin/command/import/source.ts';
import { compileMapping } from '../../lib/contract/mapper.ts';
import { dataset } from '../../lib/datasets/flights.ts';
import { referencesOf } from '../../lib/datasets/references.ts';
import { readFileRows } from './read-file.ts';

const MINUTE_MS = 60_000;
const isNumber = (cell: unknown): boolean => /^-?\d+(\.\d+)?$/.test(String(cell));

it('has the UTC hour of the file and the delays of the file, in every row', async () => {
  // Prepare
  const { manifest } = dataset;
  const [file = ''] = await sampleFilesOf(manifest, tmpdir());
  const { columns, nullText, rows } = await readFileRows(file);
  const files = manifest.sources.filter((source) => source.kind === 'file');
  const mapper = compileMapping(sourceFor(columns, files, file).mapping, referencesOf(manifest), nullText);
  const found = { rows: 0, rejected: 0, otherHour: 0, departed: 0, arrived: 0, otherDelay: 0 };
  const ids = new Set<unknown>();

  // Act
  for (const { row } of rows) {
    const mapped = mapper(row);
    found.rows += 1;
    if ('rejected' in mapped) {
      found.rejected += 1;
      continue;
    }
    const { event } = mapped;
    ids.add(event.flight_id);
    const minutes = (end: 'departure' | 'arrival') =>
      (Date.parse(String(event[`actual_${end}`])) - Date.parse(String(event[`scheduled_${end}`]))) /
      MINUTE_MS;
    if (String(event.scheduled_departure).slice(0, 13) !== String(row.time_hour).slice(0, 13))
      found.otherHour += 1;
    if (isNumber(row.dep_delay)) {
      found.departed += 1;
      if (minutes('departure') !== Number(row.dep_delay)) found.otherDelay += 1;
    }
    if (isNumber(row.arr_delay)) {
      found.arrived += 1;
      if (minutes('arrival') !== Number(row.arr_delay)) found.otherDelay += 1;
    }
  }

  // Assess
  expect(found).toEqual({
    rows: 336_776,
    rejected: 0,
    otherHour: 0,
    departed: 328_521,
    arrived: 327_346,
    otherDelay: 0,
  });
  expect(ids.size).toBe(336_776);
});
