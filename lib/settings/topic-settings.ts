/**
 * Settings that say which topics are archived, under which consumer groups, and from where on.
 *
 * @module
 */
import { z } from 'zod';
import { must, nameList, text, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/** https://docs.aws.amazon.com/lambda/latest/api/API_AmazonManagedKafkaEventSourceConfig.html */
export const MAX_CONSUMER_GROUP_LENGTH = 200;

/** The part of `consumerGroupId` that stands for the name of the topic. */
const TOPIC = '{topic}';

const startingPositionError = must(
  "be 'earliest', 'latest' or a time in whole seconds with Z or an offset, such as '2026-11-23T09:00:00Z'",
);
const time = z.iso.datetime({ offset: true });

const isStartingPosition = (value: string): boolean =>
  value === 'earliest' ||
  value === 'latest' ||
  (time.safeParse(value).success && Date.parse(value) > 0 && Date.parse(value) % 1000 === 0);

/** The name of a topic. Narrower than Kafka's own rule: Lambda refuses a single character and a leading dot. */
export function topicName() {
  return text(
    /^[\w-][\w.-]{1,248}$/,
    "be 2 to 249 letters, digits, '.', '_' or '-', not starting with '.'",
  );
}

/** The stack, and the topics that it archives. */
export const topicSettings = {
  stackName: text(
    /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
    "be 1 to 128 letters, digits or '-', starting with a letter",
  )
    .default('KafkaArchive')
    .describe(
      'Name of the CloudFormation stack. One stack archives the topics of one cluster, and each stack in an account and region needs its own name.',
    ),
  topics: nameList({
    of: topicName(),
    noun: 'topic',
    // What one role can be allowed to read at AWS's default of ten managed policies a role, if every
    // name is as long as it can be.
    max: 50,
  }).describe(
    'Topics to archive, at most 50, as a list or as text such as "orders, payments". Each topic gets its own event source mapping.',
  ),
  consumerGroupId: text(
    /^(?:[A-Za-z0-9/:_+=.@-]|\{topic\}){1,200}$/,
    "be 1 to 200 letters, digits or / : _ + = . @ -, with {topic} for the topic (Lambda would accept '*', but it would be a wildcard in the role's permissions)",
  )
    .optional()
    .meta({
      description:
        'Consumer group that reads each topic, with {topic} in place of the name of the topic. Several topics require {topic}, because no two mappings can share a group. Another group gets another mapping, and starts at `startingPosition`.',
      unset: 'the value of `stackName`, then -{topic}',
    }),
  startingPosition: z
    .string({ error: startingPositionError })
    .refine(isStartingPosition, { error: startingPositionError })
    .optional()
    .meta({
      description:
        "Where a consumer group that has no committed offsets starts to read: 'earliest', 'latest', or a time with Z or an offset. It has no effect on a group that has committed offsets: to start such a group elsewhere, also set another `consumerGroupId`, or move the group as docs/operate.md explains. Mappings that exist keep the position with which they were created when you deploy with `cdk deploy`.",
      unset: '`earliest`, unless `hoursBack` is set',
    }),
  hoursBack: wholeNumber({ min: 1, max: 87_600 }).optional().meta({
    description:
      'Starts new mappings this many hours before the synth, in place of `startingPosition`. Mappings that exist keep their time when you deploy with `cdk deploy`; docs/configure.md names the deployments that replace them.',
    unset: '`startingPosition` applies',
  }),
};

type Given = SettingsOf<typeof topicSettings>;

/** One topic and the consumer group that reads it: AWS requires a group for each event source mapping. */
export interface TopicSettings {
  readonly topic: string;
  readonly consumerGroupId: string;
}

/** Where a consumer group without committed offsets starts to read. */
export type StartingPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** `hoursBack` is set if the time was counted back from the synth. */
  | { readonly kind: 'timestamp'; readonly unixSeconds: number; readonly hoursBack?: number };

/**
 * Reports topic settings that do not go together.
 *
 * @param now the time that a starting position must not be after.
 */
export function checkTopics(report: SettingReport<Given>, now: Date): void {
  checkConsumerGroups(report);
  const { startingPosition, hoursBack } = report.given;
  if (startingPosition !== undefined && hoursBack !== undefined) {
    report.refuseBoth('hoursBack', 'startingPosition');
  }
  if (!report.isSound('startingPosition')) return;
  if (Date.parse(startingPosition ?? '') > now.getTime()) {
    report.refuse('startingPosition', 'not be in the future', {
      reason: `it is ${now.toISOString()}`,
    });
  }
}

function checkConsumerGroups(report: SettingReport<Given>): void {
  if (!report.isSound('stackName', 'topics', 'consumerGroupId')) return;
  const { topics, consumerGroupId: group } = report.given;
  if (topics.length > 1 && group?.includes(TOPIC) === false) {
    // Not made unique automatically: adding a second topic would change the group of the first.
    report.refuse('consumerGroupId', `contain ${TOPIC} with several topics`, {
      reason: `such as '${group}-${TOPIC}'; to keep a group, archive each topic in its own stack`,
    });
    return;
  }
  for (const { consumerGroupId } of toTopics(report.given).topics) {
    if (consumerGroupId.length <= MAX_CONSUMER_GROUP_LENGTH) continue;
    report.refuse(
      'consumerGroupId',
      `give groups of at most ${MAX_CONSUMER_GROUP_LENGTH} characters`,
      {
        reason: `this one has ${consumerGroupId.length}; set a shorter one, or archive the topic in its own stack`,
        got: consumerGroupId,
      },
    );
  }
}

/** The topics with their consumer groups, and the pattern of the groups, with {topic} in it. */
export function toTopics({ stackName, topics, consumerGroupId }: Given): {
  readonly topics: readonly TopicSettings[];
  readonly consumerGroupPattern: string;
} {
  const pattern = consumerGroupId ?? `${stackName}-${TOPIC}`;
  return {
    topics: topics.map((topic) => ({
      topic,
      consumerGroupId: pattern.replaceAll(TOPIC, () => topic),
    })),
    consumerGroupPattern: pattern,
  };
}

/**
 * Where the consumer groups start to read.
 *
 * @param now the time to count `hoursBack` from.
 */
export function toStartingPosition(
  { startingPosition, hoursBack }: Given,
  now: Date,
): StartingPosition {
  if (hoursBack !== undefined) {
    const unixSeconds = Math.floor(now.getTime() / 1000) - hoursBack * 3600;
    return { kind: 'timestamp', unixSeconds, hoursBack };
  }
  if (startingPosition === 'latest') return { kind: 'latest' };
  if (startingPosition === undefined || startingPosition === 'earliest') {
    return { kind: 'earliest' };
  }
  return { kind: 'timestamp', unixSeconds: Date.parse(startingPosition) / 1000 };
}
