/** Templates as their snapshots keep them: short to read, and without what changes with the code of functions and jobs. */
import { createHash } from 'node:crypto';
import type { Stage } from '../../lib/stages.ts';

/** What JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Members of an object, elements of a list by their index; none of anything else. */
export function membersOf(value: Json | undefined): JsonObject {
  return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value)) : {};
}

/** Characters of a text that is kept as it stands. */
const longest = 600;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** CloudFormation's functions that make a text, much as `Fn::Sub` writes them. Undefined where a part is no text. */
const texts: Readonly<Record<string, (argument: Json) => string | undefined>> = {
  Ref: (name) => `\${${name}}`,
  'Fn::GetAtt': (path) => (Array.isArray(path) ? `\${${path.join('.')}}` : undefined),
  'Fn::ImportValue': (name) => `\${import ${textOf(name)}}`,
  'Fn::Sub': (text) => (typeof text === 'string' ? text : undefined),
  'Fn::Select': (argument) => {
    const [index, list] = Array.isArray(argument) ? (argument as readonly Json[]) : [];
    const split = list !== null && typeof list === 'object' && 'Fn::Split' in list ? list['Fn::Split'] : null;
    if (!Array.isArray(split)) return undefined;
    const [separator, text] = (split as readonly Json[]).map(textOf);
    return text === undefined ? undefined : `\${${text} split by ${separator} [${index}]}`;
  },
  'Fn::Join': (argument) => {
    if (!Array.isArray(argument)) return undefined;
    const [separator, parts] = argument as readonly Json[];
    if (typeof separator !== 'string' || !Array.isArray(parts)) return undefined;
    const all = parts.map(textOf);
    return all.includes(undefined) ? undefined : all.join(separator);
  },
};

function textOf(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return undefined;
  const [[name, argument] = ['', null], ...more] = Object.entries(value);
  return more.length === 0 ? texts[name]?.(argument) : undefined;
}

/** The CDK sorts the ARNs of a statement, and so by the hashes in them. */
const sorted = (arns: Json): Json =>
  Array.isArray(arns) && arns.every((arn) => typeof arn === 'string') ? [...arns].sort() : arns;

/**
 * The same template, but: a function that makes a text is that text; a hash of content (64 digits of an asset, 16 of a release) is ASSET; the stage's name is
 * STAGE, its account and region are CloudFormation's variables, so that stages can be compared; and a text of more than
 * 600 characters is its length and its hash.
 */
export function normalised(template: Json, stage: Pick<Stage, 'name' | 'account' | 'region'>): Json {
  const names = new RegExp(`\\bmillrace([-_/])${stage.name}\\b`, 'g');
  const places = [
    { literal: stage.account, variable: 'AWS::AccountId' },
    { literal: stage.region, variable: 'AWS::Region' },
  ].flatMap(({ literal, variable }) =>
    literal === null ? [] : [{ literal: new RegExp(`\\b${literal}\\b`, 'g'), variable: `\${${variable}}` }],
  );
  const settled = (text: string): string => {
    if (text === stage.name) return 'STAGE';
    const named = text
      .replaceAll(/\b(?:[0-9a-f]{64}|[0-9a-f]{16})\b/g, 'ASSET')
      .replaceAll(names, (_, separator: string) => `millrace${separator}STAGE`);
    return places.reduce((made, { literal, variable }) => made.replaceAll(literal, () => variable), named);
  };
  const shortened = (text: string): string =>
    text.length <= longest ? text : `${text.length} characters, SHA-256 ${sha256(text)}`;
  const value = (each: Json): Json => {
    const text = textOf(each);
    if (text !== undefined) return shortened(settled(text));
    if (Array.isArray(each)) return each.map(value);
    if (each === null || typeof each !== 'object') return each;
    return Object.fromEntries(
      Object.entries(each).map(([key, inner]) => [
        key,
        key === 'Resource' ? sorted(value(inner)) : value(inner),
      ]),
    );
  };
  return value(template);
}
