import { MillraceError } from '../errors.ts';

/**
 * Every way in which a contract can be refused: the code a user searches for, and what mends it.
 * A dataset is refused when it is constructed, so neither a synth nor a deploy begins with an unsound one.
 */
export const refusals = {
  nameNotSnake: {
    code: 'MR100',
    mend: 'Use lower case letters, digits and single underscores, beginning with a letter, and few of them: `device_type`.',
  },
  columnUnknown: {
    code: 'MR101',
    mend: 'Name a column of the event. A nested field is named by its path, joined by `_`: `metadata_location`.',
  },
  identityUnfit: {
    code: 'MR102',
    mend: 'Identity columns are required and exactly comparable (string, long, boolean, timestamp, date), each named once.',
  },
  keyUnfit: { code: 'MR103', mend: 'Key the topic by a required string column.' },
  timeUnfit: {
    code: 'MR104',
    mend: 'Name a required column declared as `z.iso.datetime({ precision: 3 })`; partitionTime may be a `z.iso.date()`, and then each window names its `time`.',
  },
  conflictUnfit: {
    code: 'MR105',
    mend: 'Say `first`, or `{ newest: COLUMN }` with a required timestamp or long column.',
  },
  closure: {
    code: 'MR106',
    mend: 'Spark cannot run it. Say it with enum, regex, min, max or length; derive columns under `derived`.',
  },
  typeUnsupported: {
    code: 'MR107',
    mend: 'Use z.string, z.enum, z.literal of a string, z.number, z.int, z.boolean, z.iso.datetime, z.iso.date, z.uuid or a nested z.object.',
  },
  checkUnsupported: {
    code: 'MR108',
    mend: 'Use min, max (inclusive), length, regex; a format whose pattern is not portable needs a regex of your own.',
  },
  patternNotPortable: {
    code: 'MR109',
    mend: 'Write `^…$` in printable ASCII with literals, classes, `\\d`, `\\w`, groups and bounded repetition.',
  },
  nameReserved: {
    code: 'MR110',
    mend: 'The lake uses this name itself. Give the field another column: `.meta({ column: … })`.',
  },
  columnTwice: { code: 'MR111', mend: 'Give one of the two another column: `.meta({ column: … })`.' },
  boundsUnsound: { code: 'MR112', mend: 'Give finite bounds, the lower one first.' },
  tableTwice: { code: 'MR113', mend: 'Every table of a dataset needs a name of its own.' },
  cronUnsound: {
    code: 'MR114',
    mend: 'Write six fields, at least 5 minutes apart, one of the two day fields `?`: `cron(0 2 * * ? *)`, in UTC.',
  },
  sqlMissing: {
    code: 'MR115',
    mend: 'Write the SELECT to sql/DATASET/NAME.sql, NAME being that of the gold model or named query.',
  },
  sqlUnsound: {
    code: 'MR116',
    mend: "Write exactly one SELECT (or WITH … SELECT); a gold model's reads the silver table by its bare name.",
  },
  goldUnsound: {
    code: 'MR117',
    mend: 'Grain and partition column are columns of the model; the partition column is a date or timestamp.',
  },
  qualityUnsound: {
    code: 'MR118',
    mend: 'Give a number column, and a range for each value of an enum column.',
  },
  derivedUnsound: {
    code: 'MR119',
    mend: '`equals` compares a string column with a value it may have; `bands` (ascending) and `above` take a number column, `minutes` two timestamps, `part` a date or timestamp; each names columns of the event or derived ones before it.',
  },
  settingUnsound: { code: 'MR120', mend: 'Give a number within the stated bounds.' },
  topicUnsound: { code: 'MR121', mend: 'Use letters, digits, `.`, `_`, `-`; at most 249 characters.' },
  absenceUnclear: {
    code: 'MR122',
    mend: 'An object may be absent exactly if each of its fields may: mark both `.nullish()`, or neither.',
  },
  objectClosed: {
    code: 'MR123',
    mend: 'Producers may add fields at any time: use z.object, which ignores what it does not know.',
  },
  pathUnfit: {
    code: 'MR124',
    mend: 'Event keys are letters, digits, `_` and `-`, beginning with a letter or `_` (and not `__proto__`).',
  },
  descriptionMissing: { code: 'MR125', mend: "Say what it is: `.meta({ description: '…' })`." },
  enumUnsound: { code: 'MR126', mend: 'Give at least one value, each once, all of them strings.' },
  followsUnsound: {
    code: 'MR127',
    mend: 'A partition time that is part of the identity follows it: leave partitionFollowsIdentity out.',
  },
  exportMissing: {
    code: 'MR130',
    mend: 'Each file of lib/datasets exports one contract: `export const dataset = define({ … })`.',
  },
  datasetUnknown: { code: 'MR131', mend: 'Name a dataset that has a file in lib/datasets.' },
  datasetsClash: { code: 'MR132', mend: 'Names, topics and tables belong to one dataset only.' },
  datasetsChosen: {
    code: 'MR138',
    mend: 'Leave out `-c datasets=`: what a deployment lacks is deleted. Local runs may choose: `npx millrace up NAME`.',
  },
  fileMisnamed: { code: 'MR133', mend: 'Give the file the name of its dataset: lib/datasets/NAME.ts.' },
  windowUnsound: {
    code: 'MR134',
    mend: 'Give whole seconds, at most a week, the size a multiple of the slide (at most 100 times), and a key of strings, whole numbers or booleans.',
  },
  aggregateUnsound: {
    code: 'MR135',
    mend: 'Count rows, or take avg, min, max, sum or a sketch (8 to 65,535 items) of a number column.',
  },
  gateUnsound: {
    code: 'MR136',
    mend: 'Give each rule a name of its own and one boolean SQL expression over columns of the model.',
  },
  approximationUnsound: {
    code: 'MR137',
    mend: 'Name a tumbling window of this dataset that tiles a day, a sketch column of it, and a quantile above 0 and at most 1.',
  },
  sourceUnsound: {
    code: 'MR140',
    mend: 'Give a short name of its own, a description; a file its columns; an API an https address (http on this machine alone), whole minutes, counts within the stated bounds, and each parameter a name of its own.',
  },
  mappingUnsound: {
    code: 'MR141',
    mend: "Make each required field, of the field's type and within its rules, from columns of the source, tables and columns of `references`, and fields made before it; name time zones as the IANA does.",
  },
  versionUnfit: { code: 'MR142', mend: 'Name a timestamp column of the event.' },
  referenceUnreadable: {
    code: 'MR143',
    mend: 'The file is CSV in UTF-8 with a header that has every declared column, a key in every row, and no key twice.',
  },
  referenceUnsound: {
    code: 'MR147',
    mend: 'Name a CSV file of lib/datasets/reference, its columns (string, double or long), and the string or long column that identifies a row.',
  },
  queryTwice: {
    code: 'MR148',
    mend: 'Give each named query a name that no other query and no gold model has.',
  },
  queryUnsound: {
    code: 'MR149',
    mend: 'Say `analysis`, `view` or (once) `summary`; give a chart as a Vega-Lite `mark` or `layer` with encodings, without data, size, title and theme; tell a parameter for each `?` of the SQL, and then no chart.',
  },
  publicationClash: {
    code: 'MR150',
    mend: 'Publish each table to a topic of its own, which is not the one that events come by.',
  },
  publicationKeyUnfit: {
    code: 'MR151',
    mend: 'Key silver by a required string column, and a window by a column of its key that is one.',
  },
  personalUnfit: {
    code: 'MR152',
    mend: 'Identity and times stand in partitions, in positions and in the table that is shared: make the record known by an id that names nobody, and a time that tells nothing of a person.',
  },
} as const satisfies Record<string, { code: `MR${number}`; mend: string }>;

export type RefusalName = keyof typeof refusals;

/**
 * The error of one refusal.
 * @param place dataset and path, dotted: `iot.event.metadata.location`
 */
export function refusal(name: RefusalName, place: string, what: string, cause?: unknown): MillraceError {
  const { code, mend } = refusals[name];
  return new MillraceError(code, what, { where: place, mend, cause });
}
