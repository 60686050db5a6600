import { settingsSchema } from '../../lib/settings/settings-schema.ts';
import type { Casualty } from './template-update.ts';

/** Types of resources that hold data or offsets, as the page names them. */
const holders: Readonly<Record<string, string>> = {
  'AWS::KinesisFirehose::DeliveryStream': 'delivery stream',
  'AWS::KMS::Key': 'KMS key',
  'AWS::Lambda::EventSourceMapping': 'event source mappings',
  'AWS::Logs::LogGroup': 'log group',
  'AWS::S3::Bucket': 'bucket',
  'AWS::SQS::Queue': 'queue',
};

/**
 * What an operator must know before changing a setting that replaces, removes or cannot change a resource that
 * holds data or offsets.
 */
export const advice: Readonly<Record<string, string>> = {
  topics:
    'A topic that you remove is no longer read; its objects stay, and so do its offsets in Kafka, for as long as Kafka keeps them. If you add it again in time, its group continues there. With `delivery: firehose` and `timeFolder: none`, Firehose refuses a change from one topic to several and back: see `timeFolder`.',
  consumerGroupId:
    'The new group starts at `startingPosition`: at `earliest` it reads every topic again, and at `latest` it skips records. To continue where the old group is, [copy its offsets](#keep-the-offsets-under-another-group) first.',
  clusterArn:
    'The mappings read the topics of the new cluster, from the offsets of its groups or from `startingPosition`. Wait until everything in the old cluster is archived. Set `objectPrefix`, or the keys begin with the name of the new cluster.',
  bootstrapServers:
    'On the same cluster, the groups continue at their offsets. Set `objectPrefix`, which otherwise follows the first server.',
  timeFolder:
    'Only with `delivery: firehose`, one topic, and a change from or to `none`: Firehose [enables dynamic partitioning](https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-enable.html) at creation only, so the deployment fails and rolls back. Deploy with `delivery: s3` first, then with the new settings; see `delivery`.',
  delivery:
    'From `firehose` to `s3`, the stream is deleted, and [Firehose does not guarantee](https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html) to deliver what it still buffers. [Pause](#pause-the-archive), wait for `bufferSeconds` plus 15 minutes, check that `stream-late` is `OK` and the last objects are in the bucket, then deploy.',
  encryptionKey:
    'The key that the stack created is kept, because existing objects, messages and log lines need it. Keep its policy, too, for as long as you read them.',
  accessLogDays: 'Without the setting, the bucket of access logs is kept with its contents.',
  audit:
    'Without the setting, the bucket of ledgers and hour records is kept with its contents. Set again, the audit begins anew in another bucket: to stop it for a while, set `auditPaused`.',
  alarmTopicArn:
    "The stack's alarm topic is deleted with its subscriptions and its key, which encrypts notifications on their way and nothing else.",
};

/**
 * What an operator must know before an update from a release, or back to it, that replaces, removes or cannot
 * change a resource that holds data or offsets.
 */
export const releaseAdvice: Readonly<Record<string, string>> = {
  '0.1.0':
    'Only mappings of a stack with its own `consumerGroupId`, with `hoursBack`, or with a `startingPosition` that differs from the deployed one are replaced: read [From 0.1.0](#from-010) first.',
};

/** The settings that make another stack, and therefore change no deployed one. */
const OTHER_STACK = 'stackName';

/** Logs that name folders, ranges of offsets or servers, which the next run would name again. */
const RENEWABLE_LOG = /(CatalogCheck|AuditFunction|Bootstrap)LogGroup/;

/** A casualty that holds data or offsets. */
export const holdsData = ({ id, type }: Casualty): boolean =>
  type in holders && !RENEWABLE_LOG.test(id);

/**
 * The section about changes of settings: a table of those that affect resources with data or offsets, and a line
 * for all others.
 *
 * @param casualties what the changes of each setting do, by the name of the setting
 */
export function settingsSection(
  casualties: ReadonlyMap<string, readonly Casualty[]>,
): readonly string[] {
  const names = Object.keys(settingsSchema.shape).filter((name) => name !== OTHER_STACK);
  const of = (name: string) => casualties.get(name) ?? [];
  const rows = names.filter((name) => of(name).some(holdsData));
  const harmless = names.filter((name) => of(name).length > 0 && !rows.includes(name));
  const unaffected = names.filter((name) => of(name).length === 0);
  return [
    '| Setting | Resources with data or offsets | What to know |',
    '|---|---|---|',
    ...rows.map((name) => `| \`${name}\` | ${effectOf(of(name))} | ${advice[name] ?? ''} |`),
    '',
    ...wrap(
      `**These settings replace or remove only resources that hold neither**, such as alarms, subscriptions and endpoints: ${quoted(harmless)}.`,
    ),
    '',
    ...wrap(`**These settings replace and remove nothing**: ${quoted(unaffected)}.`),
  ];
}

/**
 * The section about a release: a line for the way to this version, one for the way back, and its advice.
 *
 * @param release the version that is deployed
 */
export function releaseSection(
  release: string,
  there: readonly Casualty[],
  back: readonly Casualty[],
): readonly string[] {
  const line = (way: string, casualties: readonly Casualty[]) =>
    wrap(`- ${way}: ${effectOf(casualties)}.`, '  ');
  const text = releaseAdvice[release];
  return [
    ...line(`From ${release} to this version`, there),
    ...line(`Back to ${release}`, back),
    ...(text === undefined ? [] : ['', ...wrap(text)]),
  ];
}

function effectOf(casualties: readonly Casualty[]): string {
  const holding = casualties.filter(holdsData);
  const effects = holding.map(({ type, fate, isKept }) => `${holders[type]} ${word(fate, isKept)}`);
  return (
    [...new Set(effects)].sort().join('; ') ||
    'no resource that holds data or offsets is replaced or deleted'
  );
}

function word(fate: Casualty['fate'], isKept: boolean): string {
  if (fate === 'refused') return 'cannot be updated';
  if (fate === 'replaced') return isKept ? 'replaced, the old one is kept' : 'replaced';
  return isKept ? 'leaves the stack and is kept' : 'deleted';
}

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const MAX_WIDTH = 120;

/** Breaks a paragraph into lines of at most {@link MAX_WIDTH} characters. */
function wrap(text: string, indent = ''): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= MAX_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
