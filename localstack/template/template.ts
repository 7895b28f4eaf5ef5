/** The part of a CloudFormation template that the mirror reads. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: Json;
}

export interface TemplateOutput {
  readonly Value: Json;
  readonly Condition?: string;
  readonly Export?: { readonly Name: Json };
}

export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, TemplateParameter>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Json>>>>>>;
  readonly Conditions?: Readonly<Record<string, Json>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The one key of an intrinsic call (`{ 'Fn::Join': … }`, `{ Ref: … }`), or undefined for plain data. */
export function intrinsicName(value: Json): string | undefined {
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  const key = keys[0];
  if (keys.length !== 1 || key === undefined) return undefined;
  return key === 'Ref' || key === 'Condition' || key.startsWith('Fn::') ? key : undefined;
}

/** `${Name}` and `${Name.Attribute}` of an Fn::Sub text; `${!Literal}` is none. */
export const SUBSTITUTION = /\$\{(!?)([^}]+)\}/g;
