import { expect } from 'vitest';
import type {
  Answer,
  Invocation,
  MappingRequest,
  RecordIn,
  Script,
  Seen,
  StackUnderTest,
} from './case.ts';

/** A function without a result. */
export const success: Answer = { kind: 'result', value: null };
/** A function error. */
export const error: Answer = { kind: 'error' };
/** No answer before the case gives one. */
export const held: Answer = { kind: 'held' };
/** Any result. */
export const result = (value: unknown): Answer => ({ kind: 'result', value });
/** Names records, `partition:offset`, as failed items. */
export const failedItems = (...records: readonly string[]): Answer => ({
  kind: 'failed items',
  records,
});

/** Answers in turn; success after the last. */
export const inTurn =
  (...answers: readonly Answer[]): Script =>
  (_, index) =>
    answers[index] ?? success;

/** Fails each invocation that has this record. */
export const poisonedBy =
  (place: string): Script =>
  ({ records }) =>
    records.includes(place) ? error : success;

/** Batches that close at this count, long before their window does. */
export const batchesOf = (count: number): MappingRequest => ({
  BatchSize: count,
  MaximumBatchingWindowInSeconds: 60,
});

/** Provisioned mode, with so many pollers. */
export const provisioned = (pollers = 1): MappingRequest => ({
  ProvisionedPollerConfig: { MinimumPollers: pollers, MaximumPollers: pollers },
});

/** Some records of the same kind. */
export const records = (count: number, parts: RecordIn = {}): RecordIn[] =>
  Array.from({ length: count }, () => parts);

/** Consecutive records of a partition, as `partition:offset`. */
export const offsets = (first: number, count: number, partition = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${partition}:${first + i}`);

/** Records of the invocations, in turn. */
export const called = ({ invocations }: Seen): string[][] =>
  invocations.map((each) => [...each.records]);

/** The same, without the order of partitions within an event, which has no meaning. */
export const calledSorted = (seen: Seen): string[][] => called(seen).map((each) => each.sort());

/** Waits for so many invocations. */
export const invoked = (stack: StackUnderTest, count: number): Promise<void> =>
  stack.until(`${count} invocations`, ({ invocations }) => invocations.length >= count);

/** Waits until the group goes on from these offsets, by partition. */
export const committed = (stack: StackUnderTest, ...wanted: readonly number[]): Promise<void> =>
  stack.until(`commits of ${wanted}`, (seen) => String(seen.committed) === String(wanted));

/** Checks a time span, as exactly as the stack can be watched. */
export function expectAbout(stack: StackUnderTest, actual: number, milliseconds: number): void {
  expect(actual).toBeGreaterThanOrEqual(milliseconds - stack.tolerance.early);
  expect(actual).toBeLessThanOrEqual(milliseconds + stack.tolerance.late);
}

/** Milliseconds from the end of an invocation to the start of the next one. */
export function pauses({ invocations }: Seen): number[] {
  const spans: number[] = [];
  for (const [index, { startedAt }] of invocations.entries()) {
    const endedAt = invocations[index - 1]?.endedAt;
    if (endedAt !== undefined) spans.push(startedAt - endedAt);
  }
  return spans;
}

/** The most invocations that ran at a time. */
export function mostAtOnce(invocations: readonly Invocation[]): number {
  const running = invocations.map(
    ({ startedAt }) =>
      invocations.filter(
        (other) => other.startedAt <= startedAt && (other.endedAt ?? Infinity) > startedAt,
      ).length,
  );
  return Math.max(0, ...running);
}
