import type { DatasetForm, QueryForm } from './form.ts';
import type { NamedQuery } from './manifest.ts';
import { refusal } from './refusal.ts';
import { checkSnake, checkTwice } from './soundness-names.ts';

const KINDS = ['analysis', 'view', 'summary'];
/** Parts of a chart that a report adds itself, the same for every chart. */
const ADDED = ['$schema', 'data', 'datasets', 'width', 'height', 'config', 'title', 'background'];

/**
 * Checks the named queries, which share their names with the gold models; their SQL is read elsewhere.
 * @param shared the gold model that is made of the contract, if one is
 * @throws MillraceError MR100, MR125, MR148, MR149
 */
export function checkQueries(
  { name: dataset, queries = [], gold = [] }: DatasetForm,
  shared: string | undefined,
): void {
  checkTwice(
    [...gold, ...queries].map(({ name }) => name).concat(shared ?? []),
    'queryTwice',
    `${dataset}.queries`,
  );
  for (const query of queries) {
    const place = `${dataset}.queries.${query.name}`;
    checkSnake(query.name, place);
    if (!query.description.trim())
      throw refusal('descriptionMissing', place, 'The query has no description.');
    if (!KINDS.includes(query.kind))
      throw refusal('queryUnsound', place, `There is no kind \`${query.kind}\`.`);
    checkChart(query.chart, `${place}.chart`);
    checkParameters(query, place);
  }
  const summaries = queries.filter(({ kind }) => kind === 'summary').map(({ name }) => name);
  if (summaries.length > 1)
    throw refusal(
      'queryUnsound',
      `${dataset}.queries`,
      `There are ${summaries.length} summaries: ${summaries.join(', ')}.`,
    );
}

/** What whoever runs the query is told to give. A report runs queries without anybody to give values. */
function checkParameters({ parameters = [], chart, kind }: QueryForm, place: string): void {
  checkTwice(
    parameters.map(({ name }) => name),
    'queryUnsound',
    place,
  );
  for (const { name, description, example } of parameters) {
    checkSnake(name, `${place}.${name}`);
    if (!description.trim() || !example.trim())
      throw refusal(
        'descriptionMissing',
        `${place}.${name}`,
        'The parameter has no description or no example.',
      );
  }
  if (parameters.length > 0 && (kind === 'summary' || (chart !== undefined && chart !== null)))
    throw refusal(
      'queryUnsound',
      place,
      'A query with parameters is in no report, so it has no chart and is no summary.',
    );
}

/** What a named query is for, and which values it wants, in the order of its `?`. */
export function describedQuery({
  description,
  parameters = [],
}: Pick<NamedQuery, 'description' | 'parameters'>): string {
  if (parameters.length === 0) return description;
  const told = parameters.map(
    (one, index) => `${index + 1}. ${one.name}: ${one.description} (${one.example})`,
  );
  return `${description}. Parameters: ${told.join('; ')}`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A mark or layers of marks; what is drawn stands in encodings, of the whole or of each layer. */
function checkChart(chart: QueryForm['chart'], place: string): void {
  if (chart === undefined || chart === null) return;
  if (!isObject(chart)) throw refusal('queryUnsound', place, 'The chart is no object.');
  const added = ADDED.filter((name) => Object.hasOwn(chart, name));
  if (added.length > 0)
    throw refusal('queryUnsound', place, `The report adds \`${added.join('`, `')}\` itself.`);
  const layers = Array.isArray(chart.layer) ? chart.layer : [chart];
  const drawn = (layer: unknown): boolean =>
    isObject(layer) &&
    (typeof layer.mark === 'string' || isObject(layer.mark)) &&
    [layer.encoding, chart.encoding].some((one) => isObject(one) && Object.keys(one).length > 0);
  if (layers.length === 0 || !layers.every(drawn))
    throw refusal('queryUnsound', place, 'There is no mark with an encoding, or a layer has none.');
}
