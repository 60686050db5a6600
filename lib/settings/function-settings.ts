/**
 * Settings of the archive function and of the replay function.
 *
 * @module
 */
import { logLevels, settingRanges } from '../../lambda/contract.ts';
import { anyWholeNumber, choice, flag, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/** SQS keeps a message for at most 14 days: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_RETENTION_SECONDS = 14 * 24 * 3600;

/** In seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
export const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * The visibility timeout of the replay queue is at least this many times the timeout of the replay
 * function. AWS recommends it, so that throttled invocations can be retried.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const VISIBILITY_TIMEOUTS = 6;

/**
 * Memory in MiB that is enough for every batch that Lambda may deliver: the largest measured peak is 280 MiB. With 128,
 * the heaviest batches fail, and fail again in the replay: one of 10,000 small objects needs 213 MiB, one record of
 * 4.35 MB of control characters 159 MiB.
 */
export const SAFE_MEMORY_MIB = 512;

const range = (name: keyof typeof settingRanges) =>
  wholeNumber(settingRanges[name]).default(settingRanges[name].default);

/** Both functions. */
export const functionSettings = {
  memoryMiB: range('memoryMiB').describe(
    `Memory of each function in MiB. Lambda allocates CPU in proportion to it. With less than ${SAFE_MEMORY_MIB}, the synth warns that a batch of many objects or a very large record may not fit.`,
  ),
  timeoutSeconds: range('timeoutSeconds').describe(
    'Timeout of the archive function in seconds. Uploads are aborted 5 seconds earlier.',
  ),
  maxParallelPuts: range('maxParallelPuts').describe(
    'Largest number of objects that one invocation uploads at the same time.',
  ),
  logLevel: choice(logLevels)
    .default('info')
    .describe('Log level of the functions. With `debug` they log a line for each object.'),
  tracing: flag()
    .default(false)
    .describe('Traces invocations of the functions with X-Ray, which charges for each trace.'),
};

/** The replay of failed batches. */
export const replaySettings = {
  replayBatchSize: range('replayBatchSize').describe(
    'Largest number of failed batches in one invocation of the replay function. They share its time.',
  ),
  replayConcurrency: range('replayConcurrency').describe(
    'Largest number of concurrent invocations of the replay function.',
  ),
  replayDelaySeconds: range('replayDelaySeconds').describe(
    'Seconds before a new failed batch is first replayed. With 0 it is replayed immediately.',
  ),
  replayRetrySeconds: range('replayRetrySeconds').describe(
    'Seconds before the first retry of a failed replay. Each further delay is up to twice as long, at most an hour.',
  ),
  replayTries: range('replayTries').describe(
    'Number of attempts to replay a failed batch before it becomes a dead letter. If no retry can succeed, it becomes one immediately.',
  ),
  replayTimeoutSeconds: range('replayTimeoutSeconds').describe(
    'Timeout of the replay function in seconds. Uploads are aborted 5 seconds earlier.',
  ),
  replayVisibilitySeconds: anyWholeNumber()
    .optional()
    .meta({
      description: `Seconds after which a replay that gave no answer is retried, from ${VISIBILITY_TIMEOUTS} times \`replayTimeoutSeconds\` to ${MAX_VISIBILITY_SECONDS}.`,
      unset: `${VISIBILITY_TIMEOUTS} times \`replayTimeoutSeconds\``,
    }),
  replayedRetentionDays: range('replayedRetentionDays').describe(
    'Days after its failure when a replayed failed batch expires. A failed batch that was not replayed never expires.',
  ),
};

type Given = SettingsOf<typeof replaySettings>;

/** Reports replay settings that do not go together. */
export function checkReplay(report: SettingReport<Given>): void {
  if (!report.isSound('replayTimeoutSeconds', 'replayVisibilitySeconds')) return;
  const { replayTimeoutSeconds: timeout, replayTries } = report.given;
  const least = VISIBILITY_TIMEOUTS * timeout;
  const visibility = toReplayVisibility(report.given);
  if (visibility < least || visibility > MAX_VISIBILITY_SECONDS) {
    const allowed = `be a whole number from ${least} to ${MAX_VISIBILITY_SECONDS} with replayTimeoutSeconds ${timeout}`;
    const reason = `at least ${VISIBILITY_TIMEOUTS} times that`;
    report.refuse('replayVisibilitySeconds', allowed, { reason });
    return;
  }
  // The other half is for the dead letter, whose age SQS counts from when the message was first sent.
  const most = Math.floor(MAX_RETENTION_SECONDS / 2 / visibility);
  if (!report.isSound('replayTries') || replayTries <= most) return;
  const reason =
    'SQS drops a message after 14 days, and half of them are reserved for a dead letter';
  const allowed = `be at most ${most} with replayVisibilitySeconds ${visibility}`;
  report.refuse('replayTries', allowed, { reason });
}

/** The visibility timeout of the replay queue in seconds. */
export function toReplayVisibility(given: Given): number {
  return given.replayVisibilitySeconds ?? VISIBILITY_TIMEOUTS * given.replayTimeoutSeconds;
}
