import { rowObjects } from '../../../lambdas/shared/athena/values.ts';
import type { Manifest } from '../../../lib/contract/manifest.ts';
import { MillraceError } from '../../../lib/errors.ts';
import { stagePlace } from '../stage-place.ts';
import { ask, type CommonOptions, manifestOf } from './asking.ts';
import { faultPlace } from './fault-place.ts';
import { positionOf, type QuarantinedRecord, recordOf } from './record.ts';
import { positionSql } from './statements.ts';
import { isText, placeText, valueText } from './value-text.ts';

/** `millrace quarantine show`. @throws MillraceError MR711 (no position), MR712 (of which dataset), MR713 (not there) */
export async function show(text: string, { dataset, stage, json }: CommonOptions): Promise<void> {
  const position = positionOf(text);
  const place = await stagePlace(stage, 'MR710');
  try {
    const manifest = await manifestOf(place, text, dataset);
    const { rows, columns } = await ask(place, positionSql(manifest, position));
    const [row] = rowObjects(rows, columns);
    if (row === undefined) throw notThere(text, manifest);
    const record = recordOf(row);
    process.stdout.write(json === true ? jsonOf(record) : textOf(record, process.stdout.isTTY === true));
  } finally {
    place.close();
  }
}

function jsonOf(record: QuarantinedRecord): string {
  const { key, value, headers, ...facts } = record;
  const told = {
    ...facts,
    key: key?.toString('base64') ?? null,
    value: value?.toString('base64') ?? null,
    text: value !== null && isText(value) ? value.toString('utf8') : null,
    headers: headers?.map(([name, bytes]) => [name, bytes?.toString('base64') ?? null]) ?? null,
    fault: value === null ? null : (faultPlace(value, record.path) ?? null),
  };
  return `${JSON.stringify(told)}\n`;
}

function textOf(record: QuarantinedRecord, colours: boolean): string {
  const { topic, partition, offset, timestamp, reason, path, detail, key, value, headers } = record;
  const bytes = (one: Buffer) => (isText(one) ? one.toString('utf8') : `0x${one.toString('hex')}`);
  const fault = value === null ? undefined : faultPlace(value, path);
  const facts: [string, string][] = [
    ['position', `${topic}/${partition}/${offset}, appended ${timestamp} UTC`],
    ['reason', reason],
    ['path', path],
    ['detail', detail],
    ['key', key === null ? '(none)' : bytes(key)],
    ...(headers ?? []).map(([name, one]): [string, string] => [
      `header ${name}`,
      one === null ? '(none)' : bytes(one),
    ]),
    ['fault', value === null ? 'the record has no value' : placeText(value, fault)],
    ['value', value === null ? '(none)' : `${value.length} bytes, ${isText(value) ? 'text' : 'binary'}`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, fact]) => `${name.padEnd(width)}  ${fact}\n`).join('');
  return value === null || value.length === 0 ? lines : `${lines}\n${valueText(value, fault, colours)}\n`;
}

function notThere(text: string, { dataset, tables }: Manifest): MillraceError {
  return new MillraceError('MR713', `${text} is not in quarantine`, {
    where: `view ${tables.quarantine}`,
    mend: `it may be in silver, or not through yet: \`npx millrace audit\`; \`npx millrace quarantine list --dataset ${dataset}\` shows what there is`,
  });
}
