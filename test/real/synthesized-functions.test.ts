import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectTaggingCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import { openLog } from '../../tools/local/log-file.ts';
import { QueueMapping } from '../../tools/local/replay/queue-mapping.ts';
import { sqsClientOf } from '../../tools/local/replay/replay-service.ts';
import { objectCreatedEvent } from '../../tools/local/replay/s3-event.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { type SqsServer, startSqsServer } from '../../tools/local/sqs-server/server.ts';
import { failedBatchOf } from '../helpers/failed-batches.ts';
import { clusterArn, mskEvent, mskRecords } from '../helpers/kafka-events.ts';

const root = resolve(import.meta.dirname, '../..');
const stackName = 'KafkaArchive';
interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** The properties of a function that decide how it runs. */
interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  readonly Handler: string;
  readonly MemorySize: number;
  readonly Timeout: number;
}

let folder: string;
let resources: Readonly<Record<string, Resource>>;
let s3: S3Server;
let sqs: SqsServer;
let client: S3Client;

/** Logical ids of all resources of a type. */
const idsOf = (type: string) =>
  Object.entries(resources).flatMap(([id, { Type }]) => (Type === type ? [id] : []));

/** The local name of a bucket. */
const bucketOf = (id: string) => id.toLowerCase();

/** The only id that contains a text. */
function idWith(type: string, text: string): string {
  const [id, ...others] = idsOf(type).filter((each) => each.includes(text));
  if (id === undefined || others.length > 0) throw new RangeError(`not one ${type} with '${text}'`);
  return id;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'synthesized-'));
  const settings = [`clusterArn=${clusterArn}`, 'topics=orders, payments'];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const args = ['cdk', 'synth', '--quiet', '--output', join(folder, 'cdk.out'), ...flags];
  await promisify(execFile)('npx', args, { cwd: root });
  const template = readFileSync(join(folder, 'cdk.out', `${stackName}.template.json`), 'utf8');
  resources = JSON.parse(template).Resources;
  const buckets = idsOf('AWS::S3::Bucket').map(bucketOf);
  s3 = await startS3Server({ root: join(folder, 's3'), buckets });
  sqs = await startSqsServer({ queues: idsOf('AWS::SQS::Queue').map((name) => ({ name })) });
  client = s3ClientOf(s3);
});

afterAll(async () => {
  client?.destroy();
  await sqs?.close();
  await s3?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Resolves a value of the template, with local names for the resources that it refers to. */
function resolved(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
  if (name === 'Fn::Join' && Array.isArray(argument)) {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(resolved).join(separator);
  }
  const id = String(Array.isArray(argument) ? argument[0] : argument);
  const pseudo = new Map([
    ['AWS::Partition', 'aws'],
    ['AWS::Region', 'us-east-1'],
    ['AWS::AccountId', '000000000000'],
    ['AWS::StackName', stackName],
  ]);
  const type = resources[id]?.Type;
  if (type === 'AWS::S3::Bucket') return bucketOf(id);
  if (type === 'AWS::SQS::Queue') return sqs.urlOf(id);
  return pseudo.get(id) ?? `arn:aws:${type}:us-east-1:000000000000:${id}`;
}

/** The function as synthesised: its code, handler, memory, timeout and environment. */
function functionOf(name: string): EmulatedFunction {
  const { Properties } = resources[idWith('AWS::Lambda::Function', name)] ?? {};
  const { Code, Environment, Handler, MemorySize, Timeout } =
    Properties as unknown as FunctionProperties;
  const variables = Object.entries(Environment.Variables);
  return new EmulatedFunction(
    {
      ...{ name, handler: Handler, memoryMiB: MemorySize, timeoutSeconds: Timeout },
      codeFolder: join(folder, 'cdk.out', `asset.${Code.S3Key.replace('.zip', '')}`),
      log: openLog(join(folder, `${name}.log`)),
      environment: {
        ...Object.fromEntries(variables.map(([variable, value]) => [variable, resolved(value)])),
        // Besides the environment of the stack: the local servers.
        AWS_ENDPOINT_URL_S3: s3.endpoint,
        AWS_ENDPOINT_URL_SQS: sqs.endpoint,
      },
    },
    1,
  );
}

const objectKey = (first: number, last: number) =>
  `shop/topic=orders/dt=2025-11-23/hour=10/p3.${first}-${last}.jsonl.gz`;

/** The archived objects: key, offsets and whether they were replayed. */
async function stored() {
  const objects: (readonly [key: string, offsets: readonly number[], isReplayed: boolean])[] = [];
  const archive = bucketOf(idWith('AWS::S3::Bucket', 'Archive'));
  for await (const { isReplayed, key, lines } of readObjects(client, archive)) {
    objects.push([key, lines.map((line): number => JSON.parse(line).offset), isReplayed]);
  }
  return objects;
}

describe('the functions with the environment that was synthesised', () => {
  it('archive a batch', async () => {
    const archive = functionOf('ArchiveFunction');
    const outcome = await archive.invoke(JSON.stringify(mskEvent(mskRecords(100, 3))));
    await archive.close();
    expect(outcome).toEqual({ kind: 'returned', payload: 'null' });
    expect(await stored()).toEqual([[objectKey(100, 102), [100, 101, 102], false]]);
  });

  it('replay a failed batch', async () => {
    const entry = {
      bucket: bucketOf(idWith('AWS::S3::Bucket', 'FailedBatch')),
      key: 'aws/lambda/mapping/orders-3/2026/11/24/entry',
    };
    const object = { Bucket: entry.bucket, Key: entry.key };
    const Body = failedBatchOf(mskEvent(mskRecords(200, 2)));
    await client.send(new PutObjectCommand({ ...object, Body }));
    const queue = idWith('AWS::SQS::Queue', 'ReplayQueue');
    const created = { ...entry, size: Body.length, etag: 'x' };
    sqs.queue(queue).send({ body: objectCreatedEvent(created, new Date()), delaySeconds: 0 });
    const replay = functionOf('ReplayFunction');
    const mapping = new QueueMapping({
      ...{ client: sqsClientOf(sqs.endpoint), queueUrl: sqs.urlOf(queue) },
      ...{ batchSize: 1, concurrency: 1, observe: () => undefined },
      invoke: (event) => replay.invoke(event),
    });
    expect(await mapping.poll()).toBe(true);
    await replay.close();
    expect(sqs.queue(queue).peek()).toEqual([]);
    expect((await stored()).at(-1)).toEqual([objectKey(200, 201), [200, 201], true]);
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(object));
    expect(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      status: 'replayed',
      objects: '1',
    });
  });
});
