import { MillraceError } from '../../lib/errors.ts';
import { isObject, type Json, type JsonObject } from '../template/template.ts';

function wrong(logicalId: string, name: string, wanted: string): MillraceError {
  return new MillraceError('MR405', `property ${name} must be ${wanted}`, {
    where: logicalId,
    mend: 'the template and the resource specification disagree; see the construct that makes it',
  });
}

/** Typed reading of a resource's resolved properties; numbers may come as strings, as CloudFormation allows. */
export interface Reader {
  text(name: string): string;
  optionalText(name: string): string | undefined;
  number(name: string): number;
  optionalNumber(name: string): number | undefined;
  flag(name: string, otherwise: boolean): boolean;
  texts(name: string): string[];
  object(name: string): JsonObject;
  objects(name: string): JsonObject[];
  /** A reader of the object under this name; an empty one if it is not there. */
  inside(name: string): Reader;
}

/** @throws MR405 (from its methods) where a property is missing or of another type */
export function reader(properties: JsonObject, logicalId: string): Reader {
  const optionalText = (name: string): string | undefined => {
    const value = properties[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw wrong(logicalId, name, 'a string');
  };
  const optionalNumber = (name: string): number | undefined => {
    const value = optionalText(name);
    if (value === undefined) return undefined;
    if (value.trim() === '' || !Number.isFinite(Number(value))) throw wrong(logicalId, name, 'a number');
    return Number(value);
  };
  const items = (name: string): readonly Json[] => {
    const value = properties[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw wrong(logicalId, name, 'a list');
    return value as readonly Json[];
  };
  const object = (name: string): JsonObject => {
    const value = properties[name];
    if (value === undefined || value === null) return {};
    if (!isObject(value)) throw wrong(logicalId, name, 'an object');
    return value;
  };
  const demanded = <T>(value: T | undefined, name: string, wanted: string): T => {
    if (value === undefined) throw wrong(logicalId, name, wanted);
    return value;
  };
  return {
    text: (name) => demanded(optionalText(name), name, 'a string'),
    optionalText,
    number: (name) => demanded(optionalNumber(name), name, 'a number'),
    optionalNumber,
    flag: (name, otherwise) => {
      const value = optionalText(name);
      if (value === undefined) return otherwise;
      if (value !== 'true' && value !== 'false') throw wrong(logicalId, name, 'true or false');
      return value === 'true';
    },
    texts: (name) => items(name).map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
    object,
    objects: (name) =>
      items(name).map((item) => {
        if (!isObject(item)) throw wrong(logicalId, name, 'a list of objects');
        return item;
      }),
    inside: (name) => reader(object(name), `${logicalId}.${name}`),
  };
}
