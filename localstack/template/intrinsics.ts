import { MillraceError } from '../../lib/errors.ts';
import { cidrBlocks } from './cidr.ts';
import { intrinsicName, isObject, type Json, SUBSTITUTION, type Template } from './template.ts';

/** Account-wide facts that pseudo parameters answer. */
export interface Pseudo {
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  readonly urlSuffix: string;
  readonly zones: readonly string[];
}

/** What one template's expressions may look at. The look-ups answer undefined for what is not there. */
export interface Scope {
  readonly stack: { readonly id: string; readonly name: string };
  readonly template: Template;
  readonly pseudo: Pseudo;
  /** Value of Ref on a resource. */
  ref(logicalId: string): Json | undefined;
  /** Value of Fn::GetAtt. */
  attribute(logicalId: string, attribute: string): Json | undefined;
  /** Value that a stack made before exports under this name. */
  imported(name: string): Json | undefined;
}

/** Stands for AWS::NoValue until the surrounding object or list drops it. */
const NO_VALUE = Symbol('AWS::NoValue');
type Value = Json | typeof NO_VALUE;

function unresolved(what: string, scope: Scope, place: string): MillraceError {
  return new MillraceError('MR404', what, {
    where: `${scope.stack.id}/${place}`,
    mend: 'the template asks for something the mirror does not know; see localstack/template and localstack/resources',
  });
}

function pseudoParameter(name: string, scope: Scope): Value | undefined {
  switch (name) {
    case 'AWS::Region':
      return scope.pseudo.region;
    case 'AWS::AccountId':
      return scope.pseudo.account;
    case 'AWS::Partition':
      return scope.pseudo.partition;
    case 'AWS::URLSuffix':
      return scope.pseudo.urlSuffix;
    case 'AWS::StackName':
      return scope.stack.name;
    case 'AWS::StackId':
      return `arn:${scope.pseudo.partition}:cloudformation:${scope.pseudo.region}:${scope.pseudo.account}:stack/${scope.stack.name}/local`;
    case 'AWS::NotificationARNs':
      return [];
    case 'AWS::NoValue':
      return NO_VALUE;
    default:
      return undefined;
  }
}

function reference(name: string, scope: Scope, place: string): Value {
  const pseudo = pseudoParameter(name, scope);
  if (pseudo !== undefined) return pseudo;
  const parameter = scope.template.Parameters?.[name];
  if (parameter !== undefined) {
    if (parameter.Default === undefined) {
      throw unresolved(`parameter ${name} has no default, and a local run gives none`, scope, place);
    }
    return parameter.Default;
  }
  const value = scope.ref(name);
  if (value === undefined) throw unresolved(`unresolved reference: Ref ${name}`, scope, place);
  return value;
}

function attribute(logicalId: string, name: string, scope: Scope, place: string): Json {
  const value = scope.attribute(logicalId, name);
  if (value === undefined) {
    throw unresolved(`unresolved reference: Fn::GetAtt ${logicalId}.${name}`, scope, place);
  }
  return value;
}

type Call = (argument: Json, scope: Scope, place: string) => Value;

function malformed(name: string, scope: Scope, place: string): MillraceError {
  return unresolved(`malformed ${name}`, scope, place);
}

function list(argument: Json, name: string, scope: Scope, place: string): readonly Json[] {
  const value = evaluate(argument, scope, place);
  if (!Array.isArray(value)) throw malformed(name, scope, place);
  return value as readonly Json[];
}

function string(argument: Json | undefined, name: string, scope: Scope, place: string): string {
  const value = argument === undefined ? NO_VALUE : evaluate(argument, scope, place);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw malformed(name, scope, place);
}

function parts(argument: Json, name: string, least: number, scope: Scope, place: string): readonly Json[] {
  if (!Array.isArray(argument) || argument.length < least) throw malformed(name, scope, place);
  return argument as readonly Json[];
}

function condition(name: string, scope: Scope, place: string): boolean {
  const expression = scope.template.Conditions?.[name];
  if (expression === undefined) throw unresolved(`unknown condition ${name}`, scope, place);
  return truth(expression, scope, `Conditions/${name}`);
}

function truth(expression: Json, scope: Scope, place: string): boolean {
  const value = evaluate(expression, scope, place);
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw malformed('condition', scope, place);
}

function substitute(argument: Json, scope: Scope, place: string): string {
  const [text, own] = Array.isArray(argument) ? (argument as readonly Json[]) : [argument];
  if (typeof text !== 'string') throw malformed('Fn::Sub', scope, place);
  const variables = isObject(own) ? own : {};
  return text.replace(SUBSTITUTION, (_whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const variable = variables[name];
    if (variable !== undefined) return string(variable, 'Fn::Sub', scope, place);
    const dot = name.indexOf('.');
    const value =
      dot < 0
        ? reference(name, scope, place)
        : attribute(name.slice(0, dot), name.slice(dot + 1), scope, place);
    if (typeof value !== 'string' && typeof value !== 'number') throw malformed('Fn::Sub', scope, place);
    return String(value);
  });
}

/** One row for each function of the template language. */
const CALLS: Readonly<Record<string, Call>> = {
  Ref: (argument, scope, place) => reference(string(argument, 'Ref', scope, place), scope, place),
  Condition: (argument, scope, place) => condition(string(argument, 'Condition', scope, place), scope, place),
  'Fn::GetAtt': (argument, scope, place) => {
    const [logicalId, ...path] =
      typeof argument === 'string' ? argument.split('.') : parts(argument, 'Fn::GetAtt', 2, scope, place);
    const name = path.map((part) => string(part, 'Fn::GetAtt', scope, place)).join('.');
    return attribute(string(logicalId, 'Fn::GetAtt', scope, place), name, scope, place);
  },
  'Fn::Join': (argument, scope, place) => {
    const [separator, items] = parts(argument, 'Fn::Join', 2, scope, place);
    const values = list(items ?? null, 'Fn::Join', scope, place);
    return values
      .map((item) => string(item, 'Fn::Join', scope, place))
      .join(string(separator, 'Fn::Join', scope, place));
  },
  'Fn::Sub': substitute,
  'Fn::Select': (argument, scope, place) => {
    const [index, items] = parts(argument, 'Fn::Select', 2, scope, place);
    const value = list(items ?? null, 'Fn::Select', scope, place)[
      Number(string(index, 'Fn::Select', scope, place))
    ];
    if (value === undefined) throw unresolved('Fn::Select looks beyond the list', scope, place);
    return value;
  },
  'Fn::Split': (argument, scope, place) => {
    const [separator, text] = parts(argument, 'Fn::Split', 2, scope, place);
    return string(text, 'Fn::Split', scope, place).split(string(separator, 'Fn::Split', scope, place));
  },
  'Fn::Base64': (argument, scope, place) =>
    Buffer.from(string(argument, 'Fn::Base64', scope, place), 'utf8').toString('base64'),
  'Fn::ImportValue': (argument, scope, place) => {
    const name = string(argument, 'Fn::ImportValue', scope, place);
    const value = scope.imported(name);
    if (value === undefined) throw unresolved(`unresolved reference: no stack exports ${name}`, scope, place);
    return value;
  },
  'Fn::FindInMap': (argument, scope, place) => {
    const [map, top, second] = parts(argument, 'Fn::FindInMap', 3, scope, place).map((part) =>
      string(part, 'Fn::FindInMap', scope, place),
    );
    const value = scope.template.Mappings?.[map ?? '']?.[top ?? '']?.[second ?? ''];
    if (value === undefined)
      throw unresolved(`unresolved reference: Fn::FindInMap ${map}.${top}.${second}`, scope, place);
    return value;
  },
  'Fn::If': (argument, scope, place) => {
    const [name, then, otherwise] = parts(argument, 'Fn::If', 3, scope, place);
    const chosen = condition(string(name, 'Fn::If', scope, place), scope, place) ? then : otherwise;
    return evaluate(chosen ?? null, scope, place);
  },
  'Fn::Equals': (argument, scope, place) => {
    const [left, right] = parts(argument, 'Fn::Equals', 2, scope, place).map((part) =>
      resolve(part, scope, place),
    );
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, scope, place) =>
    parts(argument, 'Fn::And', 1, scope, place).every((part) => truth(part, scope, place)),
  'Fn::Or': (argument, scope, place) =>
    parts(argument, 'Fn::Or', 1, scope, place).some((part) => truth(part, scope, place)),
  'Fn::Not': (argument, scope, place) =>
    !truth(parts(argument, 'Fn::Not', 1, scope, place)[0] ?? null, scope, place),
  'Fn::Length': (argument, scope, place) => list(argument, 'Fn::Length', scope, place).length,
  'Fn::ToJsonString': (argument, scope, place) => JSON.stringify(resolve(argument, scope, place)),
  'Fn::GetAZs': (_argument, scope) => scope.pseudo.zones,
  'Fn::Cidr': (argument, scope, place) => {
    const [block, count, bits] = parts(argument, 'Fn::Cidr', 2, scope, place).map((part) =>
      string(part, 'Fn::Cidr', scope, place),
    );
    const blocks = cidrBlocks(block ?? '', Number(count), Number(bits ?? '8'));
    if (blocks === undefined) throw malformed('Fn::Cidr', scope, place);
    return blocks;
  },
};

function evaluate(value: Json, scope: Scope, place: string): Value {
  if (Array.isArray(value)) {
    return (value as readonly Json[])
      .map((item, index) => evaluate(item, scope, `${place}[${index}]`))
      .filter((item) => item !== NO_VALUE);
  }
  if (!isObject(value)) return value;
  const name = intrinsicName(value);
  if (name !== undefined) {
    const call = CALLS[name];
    // `Condition` is also an ordinary key (of a policy statement); there its value is an object.
    if (call !== undefined && !(name === 'Condition' && typeof value[name] !== 'string')) {
      return call(value[name] ?? null, scope, place);
    }
    if (name !== 'Condition') throw unresolved(`unknown intrinsic function ${name}`, scope, place);
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, evaluate(item, scope, `${place}.${key}`)] as const,
  );
  return Object.fromEntries(
    entries.filter((entry): entry is readonly [string, Json] => entry[1] !== NO_VALUE),
  );
}

/**
 * The value of a template expression, as CloudFormation would give it.
 *
 * @param place where the expression stands, for the error
 * @throws MR404 for anything that cannot be resolved
 */
export function resolve(value: Json, scope: Scope, place: string): Json {
  const result = evaluate(value, scope, place);
  if (result === NO_VALUE) throw unresolved('AWS::NoValue stands where a value must be', scope, place);
  return result;
}

/** Whether a resource or an output with this condition exists. Conditions may not look at resources. */
export function holds(name: string | undefined, scope: Scope): boolean {
  return name === undefined || condition(name, scope, `Conditions/${name}`);
}
