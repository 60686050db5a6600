import { describe, expect, it } from 'vitest';
import { remove } from '../removal.ts';
import { createRunner } from '../runner.ts';
import { FakeAccount, failed } from './account.ts';

/** A runner on a clock that moves with the pauses. */
function createTestRunner(account: FakeAccount) {
  let now = 0;
  return createRunner(
    {
      execute: account.execute,
      now: () => now,
      pause: async (milliseconds) => {
        now += milliseconds;
      },
      progress: () => undefined,
      stop: new AbortController().signal,
    },
    () => ({ cluster: 'CLUSTER' }),
  );
}

describe('removal', () => {
  it('deletes mappings until Lambda lists none, past those that it is still creating', async () => {
    const account = new FakeAccount();
    const uuids = [['a', 'b'], ['b'], []];
    account.rules.push(
      ['aws lambda list-event', () => ({ ok: true, output: uuids.shift() })],
      ['aws lambda delete-event-source-mapping --uuid b', failed('ResourceInUseException')],
    );
    await remove({ kind: 'mappings', name: 'Verify-probe' }, createTestRunner(account));
    expect(account.changes).toEqual([
      'aws lambda delete-event-source-mapping --uuid a',
      'aws lambda delete-event-source-mapping --uuid b',
      'aws lambda delete-event-source-mapping --uuid b',
    ]);
  });

  it('waits until CloudFormation has finished with a stack, and then deletes it', async () => {
    const account = new FakeAccount();
    const states = [
      'UPDATE_IN_PROGRESS',
      'UPDATE_ROLLBACK_IN_PROGRESS',
      'UPDATE_ROLLBACK_COMPLETE',
    ];
    account.rules.push([
      'aws cloudformation describe-stacks',
      () => ({ ok: true, output: states.shift() }),
    ]);
    await remove({ kind: 'stack', name: 'Verify' }, createTestRunner(account));
    expect(states).toEqual([]);
    expect(account.lines.at(-2)).toBe('aws cloudformation delete-stack --stack-name Verify');
  });

  it.each([
    ['bucket', 'NoSuchBucket'],
    ['queue', 'AWS.SimpleQueueService.NonExistentQueue'],
    ['role-policy', 'NoSuchEntity'],
  ] as const)('does nothing about a %s that does not exist', async (kind, code) => {
    const account = new FakeAccount();
    account.rules.push(['', failed(code)]);
    await expect(remove({ kind, name: 'x' }, createTestRunner(account))).resolves.toBeUndefined();
  });

  it('fails if it is refused', async () => {
    const account = new FakeAccount();
    account.rules.push(['aws sqs', failed('AccessDenied', 'not you')]);
    await expect(remove({ kind: 'queue', name: 'x' }, createTestRunner(account))).rejects.toThrow(
      'aws sqs delete-queue: AccessDenied: not you',
    );
  });
});
