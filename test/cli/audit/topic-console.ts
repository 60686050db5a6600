/**
 * An archived topic: brokers in memory, the buckets of a deployed stack on a local S3 server, and command lines that run
 * against them with their output captured.
 *
 * @module
 */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { createArchiveCommand } from '../../../cli/archive-command.ts';
import { run as runCommand } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import type { OpenBroker } from '../../../cli/mapping/topic-context.ts';
import type { AuditedTopicOptions } from '../../../kafka/audited-topic.ts';
import type { BrokerRecord } from '../../../lambda/core/audit/broker.ts';
import {
  type EventOrigin,
  toBatchRecord,
  toEventJson,
} from '../../../lambda/core/record/mapping-event.ts';
import { auditEnvironment } from '../../../lambda/environment.ts';
import { createReplayHandler } from '../../../lambda/replay-handler.ts';
import type { ServerFault } from '../../../tools/local/server-fault.ts';
import { startServer } from '../../../tools/local/test/s3-server/running-server.ts';
import { archiveHandler, archiveParts, invocation } from '../../helpers/archive-parts.ts';
import { MemoryBroker } from '../../helpers/memory-broker.ts';
import { replayMessage, replayParts } from '../../helpers/replay-parts.ts';
import { archiveVariables, shopOutputs } from '../mapping/deployed-archive.ts';
import { type FakeMapping, startLambda } from '../mapping/lambda-server.ts';
import { ordersMapping } from '../reset/reset-console.ts';
import { describedStack, type StackOutput, startStacks } from '../stacks-server.ts';

/** The time of the command line. */
export const now = Date.parse('2025-11-23T10:59:00Z');

const { EventSourceArn } = ordersMapping();

/** The source of the events of the topic 'orders'. */
export const origin: EventOrigin = {
  ...{ topic: 'orders', bootstrapServers: 'b:9092', nullStyle: 'null' },
  ...(EventSourceArn !== undefined && { eventSourceArn: EventSourceArn }),
};

const auditVariables = auditEnvironment.encode({
  ...{ archiveBucket: 'archive', failedBatchBucket: 'failed', derivedBucket: 'derived' },
  ...{ objectPrefix: 'shop/', timeFolder: 'hour', logLevel: 'info', serviceName: 'Shop' },
  ...{ bootstrapServers: ['b:9092'], authentication: 'IAM', delivery: 's3' },
  ...{ fullListingDays: 7, autoHealRecords: 0, auditReadsObjects: false },
});

/** Outputs of the audit function. */
export const auditOutputs: readonly StackOutput[] = [
  { name: 'AuditFunctionName', value: 'audit' },
  { name: 'AuditBootstrapServers', value: 'audited:9092' },
];

/** Options of {@link startTopic}. */
export interface TopicOptions {
  readonly mapping?: Partial<FakeMapping>;
  readonly outputs?: readonly StackOutput[];
  readonly partitions?: number;
  /** @default - brokers in memory */
  readonly openBroker?: OpenBroker;
}

/** Starts the servers, stopped at the end of the test. */
export async function startTopic({
  mapping,
  openBroker,
  outputs = shopOutputs,
  partitions,
}: TopicOptions = {}) {
  const faults: ServerFault[] = [];
  const { client, endpoint } = await startServer({
    buckets: ['archive', 'failed', 'derived'],
    fault: () => faults.shift(),
  });
  await startStacks(describedStack(outputs));
  const variables = { ...archiveVariables, ...auditVariables };
  const lambda = await startLambda({ mappings: [ordersMapping(mapping)], variables });
  onTestFinished(lambda.close);
  const broker = new MemoryBroker('orders', partitions);
  const opened: AuditedTopicOptions[] = [];
  const closed: string[] = [];

  const inMemory: OpenBroker = async (options) => {
    opened.push(options);
    return Object.assign(broker, { close: async () => void closed.push('closed') });
  };
  const keysOf = async (bucket: string) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };
  const bodyOf = async (bucket: string, Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return (await Body?.transformToString()) ?? '';
  };
  const storeAll = async (objects: ReturnType<typeof archiveParts>['store']['objects']) => {
    for (const [Key, { body: Body, metadata: Metadata }] of objects) {
      await client.send(new PutObjectCommand({ Bucket: 'archive', Key, Body, Metadata }));
    }
  };

  return {
    ...{ broker, faults, opened, closed, keysOf, bodyOf },

    /** Archives records as the archive function does. */
    async archive(records: readonly BrokerRecord[]) {
      const { deps, store } = archiveParts();
      const batch = records.map((record) => toBatchRecord(record, origin));
      await archiveHandler(deps)(JSON.parse(toEventJson(batch, origin)), invocation);
      await storeAll(store.objects);
    },

    /** Replays every failed batch as the replay function does, and removes it. */
    async replay() {
      const { deps, failedBatches, store } = replayParts();
      for (const key of await keysOf('failed')) {
        failedBatches.entries.set(key, await bodyOf('failed', key));
        await createReplayHandler(deps)({ Records: [replayMessage(key)] }, invocation);
        await client.send(new DeleteObjectCommand({ Bucket: 'failed', Key: key }));
      }
      await storeAll(store.objects);
    },

    async deleteObject(bucket: string, Key: string) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    },

    /** Runs a command line. @returns its exit code and what it writes */
    async run(line: string, given: Partial<Machine> = {}) {
      const printed: string[] = [];
      const errors: string[] = [];
      const progress: string[] = [];
      const machine: Machine = {
        ask: undefined,
        environment: {},
        now: () => now,
        pause: async () => undefined,
        print: (text) => printed.push(text),
        printError: (text) => errors.push(text),
        write: async () => undefined,
        progress: (text) => progress.push(text),
        stop: new AbortController().signal,
        ...given,
      };
      const command = createArchiveCommand(machine, {
        openBroker: openBroker ?? inMemory,
      });
      const servers = ['--lambda-endpoint', lambda.endpoint, '--s3-endpoint', endpoint];
      const flags = ['--topic', 'orders', '--stack', 'Shop', '--region', 'eu-west-1', ...servers];
      const [name = '', ...rest] = line.split(' ');
      const code = await runCommand(command, [name, ...flags, ...rest], machine);
      return { code, errors: errors.join('\n'), printed, progress };
    },
  };
}
