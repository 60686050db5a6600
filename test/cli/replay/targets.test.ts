import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { explain } from '../../../cli/aws-calls.ts';
import { createClients } from '../../../cli/replay/clients.ts';
import { findTargets, neededTargets } from '../../../cli/replay/targets.ts';
import { failureOf } from './replay-servers.ts';

const outputs = {
  ArchiveBucketName: 'archive',
  FailedBatchBucketName: 'failed',
  ReplayQueueUrl: 'https://sqs/1/replay',
  DeadLetterQueueUrl: 'https://sqs/1/dead',
};
const stack = { stack: 'Shop', bucket: undefined, queue: undefined, deadLetterQueue: undefined };

const describeStacks = (given: Readonly<Record<string, string>>) => `<DescribeStacksResponse>
  <DescribeStacksResult><Stacks><member><StackName>Shop</StackName><Outputs>${Object.entries(given)
    .map(
      ([name, value]) =>
        `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    )
    .join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

const refuse = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

/** A server that answers every request so, and a command line that asks it. */
async function startStacks(status: number, answer: string) {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(await text(request));
    response.writeHead(status, { 'content-type': 'text/xml' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const nowhere = { profile: undefined, s3Endpoint: undefined, sqsEndpoint: undefined };
  const clients = createClients({ region: 'eu-west-1', ...nowhere }, process.env);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    clients.destroy();
    server.close();
  });
  const { signal } = new AbortController();
  return { requests, access: { client: clients.cloudFormation, signal, attemptTimeout: 10_000 } };
}

describe('bucket and queues of a stack', { timeout: 60_000 }, () => {
  it('are its outputs', async () => {
    const { access, requests } = await startStacks(200, describeStacks(outputs));
    expect(await findTargets(neededTargets.status, stack, access)).toEqual({
      bucket: 'failed',
      queue: 'https://sqs/1/replay',
      deadLetterQueue: 'https://sqs/1/dead',
    });
    expect(requests.map((body) => new URLSearchParams(body).get('StackName'))).toEqual(['Shop']);
  });

  it('are what the command line says in their place', async () => {
    const { access } = await startStacks(200, describeStacks(outputs));
    const given = { ...stack, bucket: 'mine' };
    expect(await findTargets(neededTargets.run, given, access)).toEqual({
      bucket: 'mine',
      queue: 'https://sqs/1/replay',
    });
  });

  it('are not asked for where all is given that is needed', async () => {
    const { access, requests } = await startStacks(200, describeStacks(outputs));
    const given = { ...stack, bucket: 'mine' };
    expect(await findTargets(neededTargets.show, given, access)).toEqual({ bucket: 'mine' });
    expect(requests).toEqual([]);
  });

  it('are missed by name where an older stack has none', async () => {
    const { access } = await startStacks(200, describeStacks({ FailedBatchBucketName: 'failed' }));
    expect(await failureOf(findTargets(neededTargets.run, stack, access))).toBe(
      "stack 'Shop' has no ReplayQueueUrl: deploy this version of it, or give --queue",
    );
  });

  it('are missed where there is no such stack', async () => {
    const answer = refuse('ValidationError', 'Stack with id Shop does not exist');
    const { access } = await startStacks(400, answer);
    expect(await failureOf(findTargets(neededTargets.show, stack, access))).toBe(
      "no stack 'Shop' in eu-west-1: give another --stack or --region, or --bucket and the queues",
    );
  });

  it('are not given where AWS refuses: its words are told', async () => {
    const answer = refuse('AccessDenied', 'User: arn:aws:iam::1:user/u may not');
    const { access } = await startStacks(403, answer);
    const explained = findTargets(neededTargets.show, stack, access).catch((error: unknown) => {
      throw explain(error, false);
    });
    expect(await failureOf(explained)).toBe(
      "outputs of the stack 'Shop' failed: AccessDenied, HTTP 403: User: arn:aws:iam::1:user/u may not",
    );
  });
});
