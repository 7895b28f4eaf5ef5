/**
 * `flights_sample`: made-up flights in the format of BTS, with the causes of delays and cancellations that the real flights
 * of the demo lack. A dataset of its own, so that nothing invented ever stands beside real flights.
 */
import { dataset as define } from '../contract/dataset.ts';
import { analysesOf, bts, common } from './flights.ts';

export const dataset = define({
  ...common,
  name: 'flights_sample',
  description: 'SAMPLE: made-up flights, seeded, in the format of BTS; nothing here took place.',
  silver: 'flights_sample',
  topic: { name: 'flights-sample-raw', key: 'flight_id', partitions: 1, retentionHours: 24 },
  sources: [bts],
  queries: analysesOf('flights_sample', 'SAMPLE: '),
});
