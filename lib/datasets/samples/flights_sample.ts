import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DateTime } from 'luxon';
import { type Random, randomFrom } from '../../../lambdas/simulate/random.ts';
import type { SamplePlace } from '../../contract/sample.ts';

const FLIGHTS = 24_000;
const SEED = 7;
const FIRST_DAY = '2022-01-01';
const DAYS = 730;
/** Carriers that no one flies with. */
const CARRIERS = ['X1', 'X2', 'X3', 'X4', 'X5'];
const CANCELLED = 0.03;
const DIVERTED = 0.005;
const LATE = 0.25;
/** A, B, C, D with their weights in hundredths. */
const REASONS = [...'A'.repeat(40), ...'B'.repeat(45), ...'C'.repeat(14), 'D'];

/** Code, id, city, state, FIPS code, name of the state, zone. */
const AIRPORTS = [
  ['JFK', '12478', 'New York, NY', 'NY', '36', 'New York', 'America/New_York'],
  ['ORD', '13930', 'Chicago, IL', 'IL', '17', 'Illinois', 'America/Chicago'],
  ['DEN', '11292', 'Denver, CO', 'CO', '08', 'Colorado', 'America/Denver'],
  ['PHX', '14107', 'Phoenix, AZ', 'AZ', '04', 'Arizona', 'America/Phoenix'],
  ['SFO', '14771', 'San Francisco, CA', 'CA', '06', 'California', 'America/Los_Angeles'],
  ['HNL', '12173', 'Honolulu, HI', 'HI', '15', 'Hawaii', 'Pacific/Honolulu'],
] as const;

const DIVERSION = [
  'Airport',
  'AirportID',
  'AirportSeqID',
  'WheelsOn',
  'TotalGTime',
  'LongestGTime',
  'WheelsOff',
  'TailNum',
];

/** The header of the monthly files of BTS: 109 columns. */
export const BTS_HEADER: readonly string[] = [
  ...['Year', 'Quarter', 'Month', 'DayofMonth', 'DayOfWeek', 'FlightDate'],
  ...['Reporting_Airline', 'DOT_ID_Reporting_Airline', 'IATA_CODE_Reporting_Airline'],
  ...['Tail_Number', 'Flight_Number_Reporting_Airline'],
  ...['OriginAirportID', 'OriginAirportSeqID', 'OriginCityMarketID', 'Origin', 'OriginCityName'],
  ...['OriginState', 'OriginStateFips', 'OriginStateName', 'OriginWac'],
  ...['DestAirportID', 'DestAirportSeqID', 'DestCityMarketID', 'Dest', 'DestCityName'],
  ...['DestState', 'DestStateFips', 'DestStateName', 'DestWac'],
  ...[
    'CRSDepTime',
    'DepTime',
    'DepDelay',
    'DepDelayMinutes',
    'DepDel15',
    'DepartureDelayGroups',
    'DepTimeBlk',
  ],
  ...['TaxiOut', 'WheelsOff', 'WheelsOn', 'TaxiIn'],
  ...['CRSArrTime', 'ArrTime', 'ArrDelay', 'ArrDelayMinutes', 'ArrDel15', 'ArrivalDelayGroups', 'ArrTimeBlk'],
  ...[
    'Cancelled',
    'CancellationCode',
    'Diverted',
    'CRSElapsedTime',
    'ActualElapsedTime',
    'AirTime',
    'Flights',
  ],
  ...[
    'Distance',
    'DistanceGroup',
    'CarrierDelay',
    'WeatherDelay',
    'NASDelay',
    'SecurityDelay',
    'LateAircraftDelay',
  ],
  ...['FirstDepTime', 'TotalAddGTime', 'LongestAddGTime'],
  ...['DivAirportLandings', 'DivReachedDest', 'DivActualElapsedTime', 'DivArrDelay', 'DivDistance'],
  ...[1, 2, 3, 4, 5].flatMap((number) => DIVERSION.map((part) => `Div${number}${part}`)),
];

/** A file of made-up flights in the format of BTS, the same in every run. */
export async function sampleFiles({ folder }: SamplePlace): Promise<string[]> {
  const file = join(folder, 'SAMPLE_On_Time_2022_2023.csv');
  await mkdir(folder, { recursive: true });
  await pipeline(Readable.from(lines()), createWriteStream(file));
  return [file];
}

function* lines(): Generator<string> {
  yield lineOf(BTS_HEADER);
  const random = randomFrom(SEED, 'flights');
  for (let number = 0; number < FLIGHTS; number += 1) {
    const row = flight(number, random);
    // As BTS writes them: each line ends with a comma.
    yield lineOf(BTS_HEADER.map((column) => row[column] ?? ''));
  }
}

const lineOf = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[", ]/.test(cell) ? `"${cell}"` : cell)).join(',')},\n`;

type Row = Record<string, string>;

function flight(number: number, random: Random): Row {
  const day = DateTime.fromISO(FIRST_DAY, { zone: 'utc' }).plus({
    days: Math.floor((number * DAYS) / FLIGHTS),
  });
  const origin = random.pick(AIRPORTS);
  const destination = random.pick(AIRPORTS.filter((one) => one !== origin));
  const carrier = random.pick(CARRIERS);
  const departure = day.set({ hour: between(random, 5, 23), minute: 5 * between(random, 0, 11) });
  const local = DateTime.fromObject(departure.toObject(), { zone: origin[6] });
  const elapsed = 60 + between(random, 0, 300);
  const arrival = local.plus({ minutes: elapsed }).setZone(destination[6]);
  const cancelled = random.unit() < CANCELLED;
  const diverted = !cancelled && random.unit() < DIVERTED;
  return {
    ...dayColumns(day),
    Reporting_Airline: carrier,
    DOT_ID_Reporting_Airline: String(90_000 + CARRIERS.indexOf(carrier)),
    IATA_CODE_Reporting_Airline: carrier,
    Tail_Number: `N${between(random, 100, 999)}XX`,
    // Beside one another two flights never share a number.
    Flight_Number_Reporting_Airline: String(1 + (number % 2_000)),
    ...airportColumns('Origin', origin),
    ...airportColumns('Dest', destination),
    CRSDepTime: hhmm(local),
    CRSArrTime: hhmm(arrival),
    Flights: '1.00',
    Distance: `${elapsed * 7}.00`,
    Cancelled: cancelled ? '1.00' : '0.00',
    Diverted: diverted ? '1.00' : '0.00',
    ...(cancelled ? { CancellationCode: random.pick(REASONS) } : flown(local, arrival, diverted, random)),
  };
}

function flown(departure: DateTime, arrival: DateTime, diverted: boolean, random: Random): Row {
  const late = random.unit() < LATE;
  const delay = late ? between(random, 16, 240) : between(random, -10, 15);
  const departed = { DepTime: hhmm(departure.plus({ minutes: delay })), DepDelay: `${delay}.00` };
  if (diverted) return departed;
  const arrived = delay + between(random, -10, 10);
  return {
    ...departed,
    ArrTime: hhmm(arrival.plus({ minutes: arrived })),
    ArrDelay: `${arrived}.00`,
    ...(arrived >= 15 ? causes(arrived, random) : {}),
  };
}

/** Of flights that arrive 15 minutes late or more: the minutes by cause, whose sum is the delay. */
function causes(minutes: number, random: Random): Row {
  const names = ['CarrierDelay', 'WeatherDelay', 'NASDelay', 'SecurityDelay', 'LateAircraftDelay'];
  const main = random.pick(names);
  const other = random.pick(names.filter((name) => name !== main));
  const part = between(random, 0, Math.floor(minutes / 2));
  const share = (name: string): number => (name === main ? minutes - part : name === other ? part : 0);
  return Object.fromEntries(names.map((name) => [name, `${share(name)}.00`]));
}

function dayColumns(day: DateTime): Row {
  return {
    Year: String(day.year),
    Quarter: String(day.quarter),
    Month: String(day.month),
    DayofMonth: String(day.day),
    DayOfWeek: String(day.weekday),
    FlightDate: day.toFormat('yyyy-MM-dd'),
  };
}

function airportColumns(
  end: 'Origin' | 'Dest',
  [code, id, city, state, fips, name]: (typeof AIRPORTS)[number],
): Row {
  return {
    [`${end}AirportID`]: id,
    [end]: code,
    [`${end}CityName`]: city,
    [`${end}State`]: state,
    [`${end}StateFips`]: fips,
    [`${end}StateName`]: name,
  };
}

const between = (random: Random, first: number, last: number): number =>
  first + random.below(last - first + 1);

/** Midnight is 2400, as in the files of BTS. */
function hhmm(time: DateTime): string {
  const text = time.toFormat('HHmm');
  return text === '0000' ? '2400' : text;
}
