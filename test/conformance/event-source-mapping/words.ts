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
/** Held until the case responds. */
export const held: Answer = { kind: 'held' };
/** Any result. */
export const result = (value: unknown): Answer => ({ kind: 'result', value });
/** Reports records, `partition:offset`, as failed items. */
export const failedItems = (...records: readonly string[]): Answer => ({
  kind: 'failed items',
  records,
});

/** Responses in order; success after the last. */
export const inTurn =
  (...answers: readonly Answer[]): Script =>
  (_, index) =>
    answers[index] ?? success;

/** Fails each invocation that contains this record. */
export const poisonedBy =
  (place: string): Script =>
  ({ records }) =>
    records.includes(place) ? error : success;

/** Batches that close at this count, long before their window ends. */
export const batchesOf = (count: number): MappingRequest => ({
  BatchSize: count,
  MaximumBatchingWindowInSeconds: 60,
});

/** Provisioned mode with a number of pollers. */
export const provisioned = (pollers = 1): MappingRequest => ({
  ProvisionedPollerConfig: { MinimumPollers: pollers, MaximumPollers: pollers },
});

/** Some records of the same kind. */
export const records = (count: number, parts: RecordIn = {}): RecordIn[] =>
  Array.from({ length: count }, () => parts);

/** Consecutive records of a partition, as `partition:offset`. */
export const offsets = (first: number, count: number, partition = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${partition}:${first + i}`);

/** The records of each invocation, in order. */
export const called = ({ invocations }: Seen): string[][] =>
  invocations.map((each) => [...each.records]);

/** The same, sorted within each event, as the order of partitions has no meaning. */
export const calledSorted = (seen: Seen): string[][] => called(seen).map((each) => each.sort());

/** Waits for a number of invocations. */
export const invoked = (stack: StackUnderTest, count: number): Promise<void> =>
  stack.until(`${count} invocations`, ({ invocations }) => invocations.length >= count);

/** Waits until these offsets are committed, by partition. */
export const committed = (stack: StackUnderTest, ...wanted: readonly number[]): Promise<void> =>
  stack.until(`commits of ${wanted}`, (seen) => String(seen.committed) === String(wanted));

/** Checks a duration, within the stack's tolerance. */
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

/** The maximum number of concurrent invocations. */
export function mostAtOnce(invocations: readonly Invocation[]): number {
  const running = invocations.map(
    ({ startedAt }) =>
      invocations.filter(
        (other) => other.startedAt <= startedAt && (other.endedAt ?? Infinity) > startedAt,
      ).length,
  );
  return Math.max(0, ...running);
}
