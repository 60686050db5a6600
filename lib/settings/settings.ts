import {
  bufferRanges,
  type Compression,
  compressionLevels,
  type DeliveryKind,
  type LogLevel,
  type StorageClass,
  type TimeFolder,
} from '../../lambda/contract.ts';
import type { KafkaSource } from '../source/kafka-source.ts';
import type { NetworkPart } from './network-settings.ts';
import type { SchemaRegistrySettings } from './registry-settings.ts';
import type { EncryptionKeySetting } from './security-settings.ts';
import { checkSettings, consumerGroupPattern, topicSettings } from './setting-checks.ts';
import { unknownSettings } from './setting-names.ts';
import type { Context, Given } from './setting-report.ts';
import { settingsSchema, VISIBILITY_TIMEOUTS } from './settings-schema.ts';
import { sourceName, toSource } from './source-settings.ts';
import { applyEnvironment } from './stage-overlay.ts';
import { type Transition, transitionsOf } from './storage-settings.ts';

/** The network that the pollers are in, and what it is to get. */
export interface NetworkSettings {
  readonly vpcId?: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly routeTableIds: readonly string[];
  /** What the stack adds. */
  readonly adds: readonly NetworkPart[];
  /** What is there already. */
  readonly has: readonly NetworkPart[];
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
  readonly source: KafkaSource;
  readonly network: NetworkSettings;
  readonly topics: readonly TopicSettings[];
  /** The groups of `topics`, with `{topic}` where the topic's name is. */
  readonly consumerGroupPattern: string;
  readonly batchSize: number;
  /** Seconds. */
  readonly batchWindow: number;
  readonly startingPosition: StartingPosition;
  /** @default - on-demand mode */
  readonly provisionedPollers?: ProvisionedPollers;
  readonly reportBatchItemFailures: boolean;
  /** @default - ten, by Lambda itself */
  readonly retryAttempts?: number;
  /** Seconds. @default - no limit */
  readonly maxRecordAge?: number;
  readonly bisectBatchOnError: boolean;
  /** @default - none */
  readonly schemaRegistry?: SchemaRegistrySettings;
  /** Patterns; a record is archived whose value matches one. @default - every record is */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly compression: Compression;
  /** @default - none, for the compression 'none' */
  readonly compressionLevel?: number;
  readonly delivery: DeliveryKind;
  /** Of Firehose, as the next. */
  readonly bufferSizeMiB: number;
  readonly bufferSeconds: number;
  /** Of new objects. */
  readonly storageClass: StorageClass;
  /** To colder classes, each later than the one before. */
  readonly archiveTransitions: readonly Transition[];
  /** @default - no object expires */
  readonly archiveExpirationDays?: number;
  readonly noncurrentVersionDays: number;
  readonly encryptionKey: EncryptionKeySetting;
  /** Governance mode. @default - not locked */
  readonly objectLockDays?: number;
  /** @default - no logs */
  readonly accessLogDays?: number;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly maxParallelPuts: number;
  readonly logLevel: LogLevel;
  readonly replayBatchSize: number;
  readonly replayConcurrency: number;
  readonly replayDelaySeconds: number;
  readonly replayRetrySeconds: number;
  readonly replayTries: number;
  readonly replayTimeoutSeconds: number;
  readonly replayVisibilitySeconds: number;
  readonly replayedRetentionDays: number;
  /** E-mail addresses and https:// endpoints. @default - nobody */
  readonly alarmSubscriptions?: readonly string[];
  /** @default - a topic of the stack */
  readonly alarmTopicArn?: string;
  readonly eventMetrics: boolean;
  readonly tracing: boolean;
  readonly dataAgeTargetSeconds: number;
  /** @default - topics may be quiet */
  readonly expectedTrafficMinutes?: number;
}

/** What {@link parseSettings} needs besides the context. */
export interface ParseOptions {
  /** The time to count `hoursBack` from, and that a starting position may not be after. */
  readonly now: Date;
}

const EXAMPLE =
  'example: npx cdk synth -c clusterArn=arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3 -c topics="orders, payments"';

/**
 * Checks the CDK context and fills in the defaults. What each setting means and takes is said in
 * {@link settingsSchema}; those of the environment that `env` names go over the others.
 *
 * @throws Error with one line for each problem: the setting, what it must be and what it was.
 */
export function parseSettings(given: Context, { now }: ParseOptions): StackSettings {
  const { context, problems: environmentProblems } = applyEnvironment(given);
  const schema = settingsSchema.superRefine(
    (read, refinement) => {
      checkSettings(context, { given: read, refinement, now });
    },
    // Also when a field is wrong already, so that one run tells everything.
    { when: () => true },
  );
  const parsed = schema.safeParse(context, { reportInput: true });
  const problems = [
    ...environmentProblems,
    ...unknownSettings(context, Object.keys(settingsSchema.shape)),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${pathText(path)}${message}`),
  ];
  if (parsed.success && problems.length === 0) return Object.freeze(toSettings(parsed.data, now));
  const sources = ['clusterArn', 'bootstrapServers'] as const;
  if (!sources.some((name) => has(context, name))) problems.push(EXAMPLE);
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

function toSettings(given: Given, now: Date): StackSettings {
  // What is read through `source`, `topics` and `startingPosition` is not passed on a second time.
  const {
    clusterArn,
    bootstrapServers,
    secretArn,
    secretKeyArns,
    rootCaSecretArn,
    authentication,
    subnetIds,
    securityGroupIds,
    vpcId,
    routeTableIds,
    networkAdds,
    networkHas,
    hoursBack,
    consumerGroupId,
    ...settings
  } = given;
  const source = toSource(given);
  const { compression } = settings;
  return {
    ...settings,
    source,
    network: networkOf(given),
    topics: topicSettings(given),
    consumerGroupPattern: consumerGroupPattern(given),
    startingPosition: toStartingPosition(given, now),
    bufferSizeMiB: settings.bufferSizeMiB ?? bufferRanges.bufferSizeMiB.default,
    bufferSeconds: settings.bufferSeconds ?? bufferRanges.bufferSeconds.default,
    archiveTransitions: transitionsOf(settings.archiveTransitions),
    objectPrefix: settings.objectPrefix ?? `${sourceName(source)}/`,
    eventMetrics: settings.eventMetrics ?? settings.provisionedPollers !== undefined,
    replayVisibilitySeconds:
      settings.replayVisibilitySeconds ?? VISIBILITY_TIMEOUTS * settings.replayTimeoutSeconds,
    compressionLevel:
      compression === 'none'
        ? undefined
        : (settings.compressionLevel ?? compressionLevels[compression].default),
  };
}

function networkOf(given: Given): NetworkSettings {
  const { vpcId, subnetIds = [], securityGroupIds = [], routeTableIds = [] } = given;
  const { networkAdds: adds = [], networkHas: has = [] } = given;
  return { vpcId, subnetIds, securityGroupIds, routeTableIds, adds, has };
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
