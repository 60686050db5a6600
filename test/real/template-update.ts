/**
 * What CloudFormation does to the resources of a stack when its template changes, computed from two templates.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { CreateOnly } from './resource-schemas.ts';

/** A template as JSON, with the sections that decide which resources exist and what their properties are. */
export interface TemplateJson {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** A resource of a {@link TemplateJson}. */
export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A resource that does not survive an update, or a property that keeps the update from succeeding. */
export interface Casualty {
  /** The logical id before the update. */
  readonly id: string;
  readonly type: string;
  /**
   * `replaced`: another resource of the type takes its place. `removed`: none does. `refused`: the service
   * cannot make the change, and CloudFormation does not replace the resource for it.
   */
  readonly fate: 'replaced' | 'removed' | 'refused';
  /** Whether the old resource continues to exist, outside the stack. */
  readonly isKept: boolean;
}

/**
 * Properties that CloudFormation updates in place although the service cannot change them:
 *
 * - of a mapping, the consumer group, which Lambda refuses to change
 *   (https://docs.aws.amazon.com/lambda/latest/api/API_AmazonManagedKafkaEventSourceConfig.html), and the topic,
 *   whose change is ignored (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2140);
 * - of a delivery stream, dynamic partitioning, which must be enabled at creation
 *   (https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-enable.html).
 */
const unchangeable: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'AWS::Lambda::EventSourceMapping': [
    ['Topics'],
    ['AmazonManagedKafkaEventSourceConfig', 'ConsumerGroupId'],
    ['SelfManagedKafkaEventSourceConfig', 'ConsumerGroupId'],
  ],
  'AWS::KinesisFirehose::DeliveryStream': [
    ['ExtendedS3DestinationConfiguration', 'DynamicPartitioningConfiguration', 'Enabled'],
  ],
};

/** The values of the parameters that a stack already had: kept, as by `cdk deploy`, or the new defaults. */
export type ParameterValues = 'kept' | 'defaults';

/**
 * Compares two templates of a stack. Parameters that the stack did not have get their defaults.
 *
 * @param createOnly the registry schemas of CloudFormation
 * @returns the resources of `before` that the update replaces, removes or cannot change, by logical id
 */
export function casualtiesOf(
  before: TemplateJson,
  after: TemplateJson,
  createOnly: CreateOnly,
  parameters: ParameterValues = 'kept',
): Casualty[] {
  const kept = parameters === 'kept' ? defaultsOf(before) : {};
  const old = resolveTemplate(before);
  const next = resolveTemplate(after, { ...defaultsOf(after), ...kept });
  const createdTypes = [...next].filter(([id, { Type }]) => old.get(id)?.Type !== Type);
  const changed = replacedIds(old, next, createOnly);
  return [...old]
    .flatMap<Casualty>(([id, resource]) => {
      const { Type: type } = resource;
      const successor = next.get(id);
      if (successor?.Type !== type) {
        const isReplaced = createdTypes.some(([, created]) => created.Type === type);
        const isKept = /^Retain/.test(resource.DeletionPolicy ?? '');
        return [{ id, type, fate: isReplaced ? 'replaced' : 'removed', isKept }];
      }
      if (changed.has(id)) {
        // The new template's policy: CloudFormation reads it in the update that replaces the resource.
        return [{ id, type, fate: 'replaced', isKept: successor.UpdateReplacePolicy === 'Retain' }];
      }
      const isRefused = (unchangeable[type] ?? []).some(
        (path) => !isSame(valueAt(resource, path), valueAt(successor, path)),
      );
      return isRefused ? [{ id, type, fate: 'refused', isKept: true }] : [];
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The part of a template that {@link casualtiesOf} looks at, to be kept for comparison with later templates. */
export function updateRelevantPart(template: TemplateJson, createOnly: CreateOnly): TemplateJson {
  const { Parameters, Conditions, Resources } = template;
  const resources = Object.entries(Resources).map(([id, resource]) => {
    const { Type, Condition, DeletionPolicy, UpdateReplacePolicy, Properties = {} } = resource;
    const names = [...createOnly(Type), ...(unchangeable[Type] ?? [])].map(([name]) => name);
    const relevant = Object.entries(Properties).filter(([name]) => names.includes(name));
    const policies = { Condition, DeletionPolicy, UpdateReplacePolicy };
    return [id, { Type, ...policies, Properties: Object.fromEntries(relevant) }] as const;
  });
  return { Parameters, Conditions, Resources: Object.fromEntries(resources) };
}

type Resources = ReadonlyMap<string, TemplateResource>;

/** The ids of resources that survive by name, and of which a create-only property changes. */
function replacedIds(old: Resources, next: Resources, createOnly: CreateOnly): Set<string> {
  const pairs = [...next].flatMap(([id, after]) => {
    const before = old.get(id);
    if (before?.Type !== after.Type) return [];
    const values = createOnly(after.Type).map((path) => ({
      before: valueAt(before, path),
      after: valueAt(after, path),
    }));
    return [{ id, values }];
  });
  const replaced = new Set<string>();
  for (let size = -1; size < replaced.size; ) {
    size = replaced.size;
    for (const { id, values } of pairs) {
      const isChanged = values.some(
        (value) => !isSame(value.before, value.after) || refersTo(value.after, replaced),
      );
      if (isChanged) replaced.add(id);
    }
  }
  return replaced;
}

function refersTo(value: unknown, ids: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return value.some((each) => refersTo(each, ids));
  if (!isObject(value)) return false;
  const { Ref: ref, 'Fn::GetAtt': attribute } = value;
  if (typeof ref === 'string') return ids.has(ref);
  if (Array.isArray(attribute)) return ids.has(String(attribute[0]));
  return Object.values(value).some((each) => refersTo(each, ids));
}

/** The value at a path below `Properties`. A list on the path is returned whole. */
function valueAt({ Properties = {} }: TemplateResource, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : value), Properties);
}

/**
 * Whether CloudFormation finds no change between two values.
 *
 * ASSUMED: a number equals its text, as lib/source/starting-position.ts says.
 */
function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(withoutNumbers(before), withoutNumbers(after));
}

function withoutNumbers(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(withoutNumbers);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, withoutNumbers(each)]),
  );
}

type Values = Readonly<Record<string, unknown>>;

function defaultsOf({ Parameters = {} }: TemplateJson): Values {
  return Object.fromEntries(Object.entries(Parameters).map(([id, each]) => [id, each.Default]));
}

/**
 * Returns the resources that exist with these parameters, by logical id, with references to parameters and
 * conditions resolved.
 *
 * @throws {Error} if a condition uses another function than those of CloudFormation's conditions
 */
export function resolveTemplate(
  template: TemplateJson,
  parameters: Values = defaultsOf(template),
): Resources {
  const { Conditions = {}, Resources } = template;
  const isMet = (condition: unknown): boolean => {
    if (typeof condition === 'string') return isMet(Conditions[condition]);
    const [[name, operands] = []] = Object.entries(isObject(condition) ? condition : {});
    const list = Array.isArray(operands) ? operands : [];
    if (name === 'Condition') return isMet(operands);
    if (name === 'Fn::Equals') return isDeepStrictEqual(resolve(list[0]), resolve(list[1]));
    if (name === 'Fn::Not') return !isMet(list[0]);
    if (name === 'Fn::And') return list.every(isMet);
    if (name === 'Fn::Or') return list.some(isMet);
    throw new Error(`not a condition: ${JSON.stringify(condition)}`);
  };
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((each) => each !== undefined);
    if (!isObject(value)) return value;
    const { Ref: ref, 'Fn::If': choice } = value;
    if (ref === 'AWS::NoValue') return undefined;
    if (typeof ref === 'string' && ref in parameters) return parameters[ref];
    if (Array.isArray(choice)) return resolve(isMet(choice[0]) ? choice[1] : choice[2]);
    const entries = Object.entries(value).map(([key, each]) => [key, resolve(each)] as const);
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
  };
  return new Map(
    Object.entries(Resources)
      .filter(([, { Condition }]) => Condition === undefined || isMet(Condition))
      .map(([id, resource]) => {
        const properties = resolve(resource.Properties ?? {});
        return [id, { ...resource, Properties: isObject(properties) ? properties : {} }];
      }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
