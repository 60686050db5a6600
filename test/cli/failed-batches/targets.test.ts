import { describe, expect, it, onTestFinished } from 'vitest';
import { explain } from '../../../cli/aws-calls.ts';
import { createClients } from '../../../cli/failed-batches/clients.ts';
import { findTargets } from '../../../cli/failed-batches/targets.ts';
import { failureOf } from '../replay/replay-servers.ts';
import {
  describedStack,
  noStack,
  refusal,
  type StacksAnswer,
  startStacks,
} from '../stacks-server.ts';

const outputs = {
  ArchiveBucketName: 'archive',
  FailedBatchBucketName: 'failed',
  ReplayQueueUrl: 'https://sqs/1/replay',
  DeadLetterQueueUrl: 'https://sqs/1/dead',
};
const stack = { stack: 'Shop' };

const described = (given: Readonly<Record<string, string>>) =>
  describedStack(Object.entries(given).map(([name, value]) => ({ name, value })));

/** A CloudFormation that answers every request so, and a command line that asks it. */
async function startAccess(answer: StacksAnswer) {
  const requests = await startStacks(answer);
  const clients = createClients({ region: 'eu-west-1' }, process.env);
  onTestFinished(() => clients.destroy());
  const { signal } = new AbortController();
  return { requests, access: { client: clients.cloudFormation, signal, attemptTimeout: 10_000 } };
}

const several = {
  OrdersFailedBatchBucketName: 'failed-orders',
  OrdersEastFailedBatchBucketName: 'failed-east',
  ordersEastOther: 'x',
  orderswestFailedBatchBucketName: 'failed-west',
};

describe('bucket and queues of a stack', { timeout: 60_000 }, () => {
  it('are its outputs', async () => {
    const { access, requests } = await startAccess(described(outputs));
    expect(await findTargets(['bucket', 'queue', 'deadLetterQueue'], stack, access)).toEqual({
      bucket: 'failed',
      queue: 'https://sqs/1/replay',
      deadLetterQueue: 'https://sqs/1/dead',
    });
    expect(requests.map((body) => new URLSearchParams(body).get('StackName'))).toEqual(['Shop']);
  });

  it.each([
    ['Orders', 'failed-orders'],
    ['OrdersEast', 'failed-east'],
    ['orders-west', 'failed-west'],
  ])('are those of the archive %s of a stack with several', async (archive, bucket) => {
    const { access } = await startAccess(described(several));
    expect(await findTargets(['bucket'], { ...stack, archive }, access)).toEqual({ bucket });
  });

  it('are not guessed if the stack has several archives', async () => {
    const { access } = await startAccess(described(several));
    expect(await failureOf(findTargets(['bucket'], stack, access))).toBe(
      "stack 'Shop' has several archives: pass --archive with one of Orders, OrdersEast, orderswest",
    );
  });

  it('are reported as missing if the stack has no such archive', async () => {
    const { access } = await startAccess(described(several));
    const given = { ...stack, archive: 'Payments' };
    expect(await failureOf(findTargets(['bucket'], given, access))).toBe(
      "stack 'Shop' has no archive 'Payments'; its archives: Orders, OrdersEast, orderswest",
    );
  });

  it('are replaced by flags', async () => {
    const { access } = await startAccess(described(outputs));
    const given = { ...stack, bucket: 'mine' };
    expect(await findTargets(['bucket', 'queue'], given, access)).toEqual({
      bucket: 'mine',
      queue: 'https://sqs/1/replay',
    });
  });

  it('are not read if flags name all that the command needs', async () => {
    const { access, requests } = await startAccess(described(outputs));
    const given = { ...stack, bucket: 'mine' };
    expect(await findTargets(['bucket'], given, access)).toEqual({ bucket: 'mine' });
    expect(requests).toEqual([]);
  });

  it('are reported by name if an older stack lacks one', async () => {
    const { access } = await startAccess(described({ FailedBatchBucketName: 'failed' }));
    expect(await failureOf(findTargets(['bucket', 'queue'], stack, access))).toBe(
      "stack 'Shop' has no output ReplayQueueUrl: deploy this version of it, or pass --queue",
    );
  });

  it('are reported as missing if the stack does not exist', async () => {
    const { access } = await startAccess(noStack);
    expect(await failureOf(findTargets(['bucket'], stack, access))).toBe(
      "stack 'Shop' does not exist in eu-west-1: pass another --stack or --region, or --bucket and the queues",
    );
  });

  it('are reported with the message of AWS if AWS refuses', async () => {
    const answer = refusal(403, 'AccessDenied', 'User: arn:aws:iam::1:user/u may not');
    const { access } = await startAccess(answer);
    const explained = findTargets(['bucket'], stack, access).catch((error: unknown) => {
      throw explain(error, false);
    });
    expect(await failureOf(explained)).toBe(
      "reading the outputs of the stack 'Shop' failed: AccessDenied, HTTP 403: User: arn:aws:iam::1:user/u may not",
    );
  });
});
