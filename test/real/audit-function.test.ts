import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { json } from 'node:stream/consumers';
import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { Admin } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AUDIT_FILE, type AuditTopic } from '../../lambda/contract.ts';
import { type AuditEnvironment, auditEnvironment } from '../../lambda/environment.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { type Archive, archiveTopic, clientsOf } from './archiving.ts';

const brokerSecret = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:AmazonMSK_audit-1a2b3c';
const caSecret = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:authority-1a2b3c';

let folder: string;
let cluster: KafkaCluster;
let s3: S3Server;
let client: S3Client;
let archive: Archive;
let admin: Admin;
let producer: ReturnType<typeof clientsOf>['producer'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-function-'));
  cluster = await startKafkaCluster({ folder: join(folder, 'kafka'), secure: true });
  s3 = await startS3Server({
    root: join(folder, 's3'),
    buckets: ['archive', 'failed', 'derived'],
  });
  client = s3ClientOf(s3);
  const connection = { brokers: [cluster.bootstrapServers] };
  const codeFolder = bundleFunction('archive', join(folder, 'archive-code'));
  archive = { connection, s3, bucket: 'archive', folder, codeFolder };
  ({ admin, producer } = clientsOf(connection));
  bundleFunction('audit', join(folder, 'audit-code'));
});

afterAll(async () => {
  await Promise.all([admin.close(), producer.close()]);
  client.destroy();
  await s3.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Creates a topic with two partitions, and archives three records of each, three times. */
async function fill(topic: string): Promise<void> {
  await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 });
  for (let end = 3; end <= 9; end += 3) {
    const messages = [0, 1].flatMap((partition) =>
      Array.from({ length: 3 }, () => ({ topic, partition, value: Buffer.from('secret-value') })),
    );
    await producer.send({ messages, acks: -1 });
    await archiveTopic(topic, archive, { ends: [end, end] });
  }
}

async function keysOf(bucket: string, prefix = ''): Promise<string[]> {
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

const topicOf = (topic: string): AuditTopic => ({
  ...{ topic, group: `group-${topic}`, start: 'earliest', filters: [] },
});

interface Deployment extends Partial<AuditEnvironment> {
  readonly topics: readonly string[];
  /** Endpoint of Secrets Manager. @default - none */
  readonly secrets?: string;
}

/** Deploys the bundle with its topics, as the stack does, and invokes it once. */
async function audit({ secrets, topics, ...given }: Deployment) {
  const codeFolder = mkdtempSync(join(folder, 'code-'));
  cpSync(join(folder, 'audit-code'), codeFolder, { recursive: true });
  writeFileSync(join(codeFolder, AUDIT_FILE), JSON.stringify(topics.map(topicOf)));
  const log = new PassThrough();
  const printed: Buffer[] = [];
  log.on('data', (chunk: Buffer) => printed.push(chunk));
  const fn = new EmulatedFunction(
    {
      ...{ name: 'audit', codeFolder, handler: 'index.handler', log },
      ...{ timeoutSeconds: 60, memoryMiB: 1024 },
      environment: {
        ...auditEnvironment.encode({
          ...{ archiveBucket: 'archive', failedBatchBucket: 'failed', derivedBucket: 'derived' },
          ...{ objectPrefix: '', timeFolder: 'none', delivery: 's3' },
          ...{ bootstrapServers: [cluster.bootstrapServers], authentication: 'NONE' },
          ...{ fullListingDays: 7, auditReadsObjects: false, autoHealRecords: 0 },
          ...{ logLevel: 'info', serviceName: 'shop' },
          ...given,
        }),
        AWS_ENDPOINT_URL_S3: s3.endpoint,
        ...(secrets !== undefined && { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets }),
      },
    },
    1,
  );
  const outcome = await fn.invoke('{}');
  await fn.close();
  const text = Buffer.concat(printed).toString();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return {
    outcome,
    text,
    logged: (message: string) => lines.filter((line) => line.message === message),
    /** The values of a metric that is emitted without a topic. */
    metric: (name: string) =>
      lines.filter((line) => name in line && !('topic' in line)).map((line) => line[name]),
  };
}

describe('the audit function as deployed', () => {
  it('finds that a whole archive is complete, and keeps a ledger of it', async () => {
    await fill('orders');
    const { logged, metric, outcome } = await audit({ topics: ['orders'] });
    expect(outcome).toEqual({ kind: 'returned', payload: 'null' });
    expect(logged('topic audited')).toEqual([
      expect.objectContaining({
        ...{ level: 'INFO', topic: 'orders', claim: 'audited', isFullListing: true },
        ...{ partitions: 2, stored: 18, duplicates: 0, lag: 0, holes: {} },
      }),
    ]);
    expect(metric('LostRecords')).toEqual([0]);
    expect(metric('TopicsAudited')).toEqual([1]);
    expect(await keysOf('derived', 'audit/')).toEqual(['audit/topic=orders/ledger.json']);
    // The next one knows when the last one was.
    const again = await audit({ topics: ['orders'] });
    expect(again.logged('topic audited')).toEqual([
      expect.objectContaining({ auditAge: expect.any(Number), stored: 18, holes: {} }),
    ]);
  });

  it('finds lost records, and writes them as failed batches if it may', async () => {
    await fill('payments');
    const keys = await keysOf('archive', 'topic=payments/');
    const lost = keys.filter((key) => key.includes('3-5'));
    expect(lost).not.toEqual([]);
    for (const Key of lost) {
      await client.send(new DeleteObjectCommand({ Bucket: 'archive', Key }));
    }
    const first = await audit({ topics: ['payments'] });
    expect(first.metric('LostRecords')).toEqual([6]);
    expect(first.logged('topic audited')).toEqual([
      expect.objectContaining({
        ...{ level: 'WARN', stored: 12, holes: { lost: 6 }, healedRecords: 0 },
        findings: [0, 1].map((partition) =>
          expect.objectContaining({
            ...{ partition, first: 3, last: 5, offsets: 3, class: 'lost', isOnBroker: true },
          }),
        ),
        command: 'npx kafka-archive audit --topic payments --heal --stack shop',
      }),
    ]);
    expect(first.text).not.toContain('secret-value');
    expect(await keysOf('failed')).toEqual([]);

    const healing = await audit({ topics: ['payments'], autoHealRecords: 100 });
    expect(healing.logged('topic audited')).toEqual([
      expect.objectContaining({ healedRecords: 6 }),
    ]);
    expect(await keysOf('failed')).not.toEqual([]);
    // What is kept to be replayed is not written twice, and not lost any more.
    const after = await audit({ topics: ['payments'], autoHealRecords: 100 });
    expect(after.metric('LostRecords')).toEqual([0]);
    expect(after.logged('topic audited')).toEqual([
      expect.objectContaining({ healedRecords: 0, holes: { 'failed-batch': 6 } }),
    ]);
  });

  it('signs in over TLS with its secrets, and goes on after a topic that does not exist', async () => {
    await fill('invoices');
    const {
      bootstrapServers = '',
      caFile = '',
      password = '',
      username = '',
    } = cluster.secured ?? {};
    const { logged, metric, outcome, text } = await audit({
      topics: ['missing', 'invoices'],
      ...{ bootstrapServers: [bootstrapServers], authentication: 'SASL_SCRAM_512_AUTH' },
      ...{ secretArn: brokerSecret, rootCaSecretArn: caSecret },
      secrets: await startSecrets({
        [brokerSecret]: { username, password },
        [caSecret]: { certificate: readFileSync(caFile, 'utf8') },
      }),
    });
    expect(logged('topic audited')).toEqual([
      expect.objectContaining({ topic: 'invoices', stored: 18 }),
    ]);
    expect(logged('topic not audited')).toEqual([
      expect.objectContaining({ level: 'ERROR', topic: 'missing', code: 'KAFKA_FAILED' }),
    ]);
    expect(metric('TopicsAudited').sort()).toEqual([0, 1]);
    expect(outcome).toEqual({ kind: 'failed', errorType: 'ArchiverError' });
    expect(text).not.toContain(password);
  });
});

/** Serves secrets until the test ends, and returns its endpoint. */
async function startSecrets(secrets: Readonly<Record<string, object>>): Promise<string> {
  const server = createServer(async (request, response) => {
    const { SecretId } = (await json(request)) as { SecretId: string };
    response.end(JSON.stringify({ SecretString: JSON.stringify(secrets[SecretId]) }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
