/** What templates take of the quotas and of the money that docs/deploy.md tells of. */
import { type Json, type JsonObject, membersOf } from './normalised.ts';

/** Data processing units of a worker, by Glue's guide. */
const unitsOf: Readonly<Record<string, number>> = {
  'G.025X': 0.25,
  'G.1X': 1,
  'G.2X': 2,
  'G.4X': 4,
  'G.8X': 8,
};

const hours = 730;
const usdPerUnitHour = 0.44;
const usdPerEndpointHour = 0.01;

export interface Figures {
  /** Executions that the functions reserve, together. */
  readonly reserved: number;
  readonly brokers: number;
  /** Data processing units of all streams, at most. */
  readonly streamUnits: number;
  /** `STREAMS × WORKERS × UNITS OF A WORKER: USD A MONTH`. */
  readonly streams: string;
  /** `SERVICES × ZONES: USD A MONTH`. */
  readonly endpoints: string;
}

const numberOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Of the stacks of a stage on Glue, by id. */
export function figuresOf(templates: Readonly<Record<string, Json>>): Figures {
  const resources = Object.values(templates).flatMap((template) =>
    Object.values(membersOf(membersOf(template).Resources)).map(membersOf),
  );
  const ofType = (type: string): JsonObject[] =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => membersOf(Properties));

  const streams = ofType('AWS::Glue::Job').filter(
    ({ Command }) => membersOf(Command).Name === 'gluestreaming',
  );
  const workers = numberOf(streams[0]?.NumberOfWorkers);
  const units = unitsOf[`${streams[0]?.WorkerType}`] ?? 0;
  const streamUnits = streams.length * workers * units;
  const endpoints = ofType('AWS::EC2::VPCEndpoint').filter(
    ({ VpcEndpointType }) => VpcEndpointType === 'Interface',
  );
  const zones = Object.keys(membersOf(endpoints[0]?.SubnetIds)).length;
  return {
    reserved: sum(ofType('AWS::Lambda::Function').map((one) => numberOf(one.ReservedConcurrentExecutions))),
    brokers: sum(ofType('AWS::MSK::Cluster').map((one) => numberOf(one.NumberOfBrokerNodes))),
    streamUnits,
    streams: `${streams.length} × ${workers} × ${units}: ${(streamUnits * hours * usdPerUnitHour).toFixed(2)}`,
    endpoints: `${endpoints.length} × ${zones}: ${(endpoints.length * zones * hours * usdPerEndpointHour).toFixed(2)}`,
  };
}
