import type { z } from 'zod';
import {
  type Compression,
  compressionLevels,
  type LogLevel,
  type TimeFolder,
} from '../lambda/contract.ts';
import { type ClusterArn, parseClusterArn } from './cluster-arn.ts';
import { show } from './setting-forms.ts';
import { unknownSettings } from './setting-names.ts';
import {
  type authentications,
  MAX_CONSUMER_GROUP_LENGTH,
  settingsSchema,
} from './settings-schema.ts';

/** Stands for the topic in the setting `consumerGroupId`. */
const TOPIC = '{topic}';

/** An MSK cluster, read with the function's own IAM role. */
export interface MskSource {
  readonly kind: 'msk';
  readonly cluster: ClusterArn;
}

/** A Kafka cluster reached through its bootstrap servers, with the name and password of a secret. */
export interface SelfManagedSource {
  readonly kind: 'self-managed';
  readonly bootstrapServers: readonly string[];
  readonly secretArn: string;
  readonly authentication: (typeof authentications)[number];
}

/** One topic, and the consumer group that reads it: AWS wants one group per event source mapping. */
export interface TopicSettings {
  readonly topic: string;
  readonly consumerGroupId: string;
}

/** Where a consumer group without committed offsets begins. */
export type StartingPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** `hoursBack` when the time was not given but counted back from the synth. */
  | { readonly kind: 'timestamp'; readonly unixSeconds: number; readonly hoursBack?: number };

/** Provisioned mode: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
export interface ProvisionedPollers {
  readonly min: number;
  readonly max: number;
  /** Mappings of one group share their capacity. @default - capacity of its own */
  readonly group?: string;
}

/** Every setting, checked, with its default. */
export interface StackSettings {
  readonly stackName: string;
  readonly source: MskSource | SelfManagedSource;
  readonly topics: readonly TopicSettings[];
  readonly batchSize: number;
  /** Seconds. */
  readonly batchWindow: number;
  readonly startingPosition: StartingPosition;
  /** @default - on-demand mode */
  readonly provisionedPollers?: ProvisionedPollers;
  readonly reportBatchItemFailures: boolean;
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly compression: Compression;
  /** @default - none, for the compression 'none' */
  readonly compressionLevel?: number;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly maxParallelPuts: number;
  readonly logLevel: LogLevel;
}

/** What {@link parseSettings} needs besides the context. */
export interface ParseOptions {
  /** The time to count `hoursBack` from, and that a starting position may not be after. */
  readonly now: Date;
}

type Context = Readonly<Record<string, unknown>>;
type Given = z.output<typeof settingsSchema>;
type Refinement = z.core.$RefinementCtx<Given>;

const EXAMPLE =
  'example: npx cdk synth -c clusterArn=arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3 -c topics="orders, payments"';

/**
 * Checks the CDK context and fills in the defaults. What each setting means and takes is said in
 * {@link settingsSchema}.
 *
 * @throws Error with one line for each problem: the setting, what it must be and what it was.
 */
export function parseSettings(context: Context, { now }: ParseOptions): StackSettings {
  const schema = settingsSchema.superRefine(
    (given, refinement) => {
      checkSource(context, refinement);
      checkStart(context, { given, refinement, now });
      checkFormat(given, refinement);
      checkConsumerGroups(given, refinement);
    },
    // Also when a field is wrong already, so that one run tells everything.
    { when: () => true },
  );
  const parsed = schema.safeParse(context, { reportInput: true });
  const problems = [
    ...unknownSettings(context, Object.keys(settingsSchema.shape)),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${pathText(path)}${message}`),
  ];
  if (parsed.success && problems.length === 0) return Object.freeze(toSettings(parsed.data, now));
  if (!has(context, 'clusterArn') && !has(context, 'bootstrapServers')) problems.push(EXAMPLE);
  throw new Error([...new Set(problems)].join('\n'));
}

function pathText(path: readonly PropertyKey[]): string {
  const [setting, ...rest] = path;
  if (setting === undefined) return '';
  const inside = rest.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return `${String(setting)}${inside.join('')} `;
}

function has(context: Context, name: keyof Given): boolean {
  return context[name] !== undefined;
}

/** Whether the checks of each single setting found nothing wrong with these. */
function areSound(refinement: Refinement, ...names: (keyof Given)[]): boolean {
  return !refinement.issues.some(({ path }) => names.some((name) => name === path?.[0]));
}

function report(refinement: Refinement, setting: keyof Given, message: string): void {
  refinement.addIssue({ code: 'custom', path: [setting], message });
}

function checkSource(context: Context, refinement: Refinement): void {
  const { clusterArn, bootstrapServers, secretArn } = context;
  if (clusterArn === undefined && bootstrapServers === undefined) {
    report(refinement, 'clusterArn', 'or bootstrapServers must be set, got neither');
  }
  if (clusterArn !== undefined && bootstrapServers !== undefined) {
    const got = `got ${show(clusterArn)} and ${show(bootstrapServers)}`;
    report(refinement, 'clusterArn', `and bootstrapServers must not both be set, ${got}`);
  }
  if (bootstrapServers !== undefined && secretArn === undefined) {
    const reason = 'brokers in a VPC and mutual TLS are not supported yet';
    report(refinement, 'secretArn', `must be set with bootstrapServers (${reason}), got nothing`);
  }
  for (const name of ['secretArn', 'authentication'] as const) {
    if (bootstrapServers !== undefined || context[name] === undefined) continue;
    const reason = 'an MSK cluster is read with IAM access control';
    const got = `got ${show(context[name])}`;
    report(refinement, name, `must be set with bootstrapServers only (${reason}), ${got}`);
  }
}

interface StartToCheck {
  readonly given: Given;
  readonly refinement: Refinement;
  readonly now: Date;
}

function checkStart(context: Context, { given, refinement, now }: StartToCheck): void {
  const { startingPosition, hoursBack } = context;
  if (startingPosition !== undefined && hoursBack !== undefined) {
    const got = `got ${show(hoursBack)} and ${show(startingPosition)}`;
    report(refinement, 'hoursBack', `and startingPosition must not both be set, ${got}`);
  }
  if (!areSound(refinement, 'startingPosition')) return;
  if (Date.parse(given.startingPosition ?? '') > now.getTime()) {
    const got = `got ${show(startingPosition)}, and it is ${now.toISOString()}`;
    report(refinement, 'startingPosition', `must not be in the future, ${got}`);
  }
}

function checkFormat(given: Given, refinement: Refinement): void {
  const { compression, compressionLevel: level, reportBatchItemFailures } = given;
  if (level !== undefined && areSound(refinement, 'compression', 'compressionLevel')) {
    if (compression === 'none') {
      report(
        refinement,
        'compressionLevel',
        `must not be set with compression 'none', got ${level}`,
      );
    } else {
      const { min, max } = compressionLevels[compression];
      if (level < min || level > max) {
        const allowed = `a whole number from ${min} to ${max} with compression '${compression}'`;
        report(refinement, 'compressionLevel', `must be ${allowed}, got ${level}`);
      }
    }
  }
  if (reportBatchItemFailures === true && given.provisionedPollers === undefined) {
    const reason = 'Lambda takes partial responses to a Kafka batch in provisioned mode only';
    const message = `must be false without provisionedPollers (${reason}), got true`;
    report(refinement, 'reportBatchItemFailures', message);
  }
}

function checkConsumerGroups(given: Given, refinement: Refinement): void {
  if (!areSound(refinement, 'stackName', 'topics', 'consumerGroupId')) return;
  if (given.topics.length > 1 && given.consumerGroupId?.includes(TOPIC) === false) {
    // Not made unique by itself: the second topic of a stack would change the group of the first.
    const advice = `such as '${given.consumerGroupId}-${TOPIC}', or archive each topic in a stack of its own to keep a group`;
    const message = `must contain ${TOPIC} with several topics (${advice}), got ${show(given.consumerGroupId)}`;
    report(refinement, 'consumerGroupId', message);
    return;
  }
  for (const { consumerGroupId } of topicSettings(given)) {
    if (consumerGroupId.length <= MAX_CONSUMER_GROUP_LENGTH) continue;
    const got = `got ${show(consumerGroupId)}, ${consumerGroupId.length} characters`;
    const advice = 'set a shorter one, or archive the topic in a stack of its own';
    const allowed = `make groups of at most ${MAX_CONSUMER_GROUP_LENGTH} characters (${advice})`;
    report(refinement, 'consumerGroupId', `must ${allowed}, ${got}`);
  }
}

function toSettings(given: Given, now: Date): StackSettings {
  // What is read through `source`, `topics` and `startingPosition` is not passed on a second time.
  const {
    clusterArn,
    bootstrapServers,
    secretArn,
    authentication,
    hoursBack,
    consumerGroupId,
    ...settings
  } = given;
  const source = toSource(given);
  const { compression } = settings;
  return {
    ...settings,
    source,
    topics: topicSettings(given),
    startingPosition: toStartingPosition(given, now),
    objectPrefix: settings.objectPrefix ?? `${sourceName(source)}/`,
    compressionLevel:
      compression === 'none'
        ? undefined
        : (settings.compressionLevel ?? compressionLevels[compression].default),
  };
}

function toSource(given: Given): MskSource | SelfManagedSource {
  const { bootstrapServers, secretArn, authentication = 'SASL_SCRAM_512_AUTH' } = given;
  if (bootstrapServers !== undefined && secretArn !== undefined) {
    return { kind: 'self-managed', bootstrapServers, secretArn, authentication };
  }
  const cluster = parseClusterArn(given.clusterArn ?? '');
  if (cluster === undefined) throw new Error(`not a cluster that was checked: ${given.clusterArn}`);
  return { kind: 'msk', cluster };
}

function sourceName(source: MskSource | SelfManagedSource): string {
  return source.kind === 'msk'
    ? source.cluster.clusterName
    : (source.bootstrapServers[0] ?? '').replace(/:\d+$/, '');
}

function topicSettings({ topics, stackName, consumerGroupId }: Given): TopicSettings[] {
  const group = consumerGroupId ?? `${stackName}-${TOPIC}`;
  return topics.map((topic) => ({ topic, consumerGroupId: group.replaceAll(TOPIC, () => topic) }));
}

function toStartingPosition({ startingPosition, hoursBack }: Given, now: Date): StartingPosition {
  if (hoursBack !== undefined) {
    const unixSeconds = Math.floor(now.getTime() / 1000) - hoursBack * 3600;
    return { kind: 'timestamp', unixSeconds, hoursBack };
  }
  if (startingPosition === 'latest') return { kind: 'latest' };
  if (startingPosition === undefined || startingPosition === 'earliest')
    return { kind: 'earliest' };
  return { kind: 'timestamp', unixSeconds: Date.parse(startingPosition) / 1000 };
}
