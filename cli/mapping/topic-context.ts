import type { S3Client } from '@aws-sdk/client-s3';
import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import type { AuditedTopicOptions } from '../../kafka/audited-topic.ts';
import type { FailedBatchWriter } from '../../lambda/core/audit/heal.ts';
import type { HourRecordStore } from '../../lambda/core/audit/hour-record.ts';
import type { LedgerStore } from '../../lambda/core/audit/ledger.ts';
import type { ResetNotes } from '../../lambda/core/audit/reset-note.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import type { CallOptions, FailedBatchListing } from '../../lambda/core/ports.ts';
import type { EventOrigin } from '../../lambda/core/record/mapping-event.ts';
import type { ArchiveEnvironment, AuditEnvironment } from '../../lambda/environment.ts';
import type { OpenAuditBroker } from '../../lambda/io/audit-broker.ts';
import { createS3Source } from '../../lambda/io/s3-archive-source.ts';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { createS3FailedBatchWriter } from '../../lambda/io/s3-failed-batch-writer.ts';
import { createS3HourRecordStore } from '../../lambda/io/s3-hour-record-store.ts';
import { createS3LedgerStore } from '../../lambda/io/s3-ledger-store.ts';
import { createS3ResetNotes } from '../../lambda/io/s3-reset-notes.ts';
import { ATTEMPT_MS, explain } from '../aws-calls.ts';
import { type AwsAccess, awsOptions } from '../aws-clients.ts';
import { readBrokers, withMskConnection } from '../connection-options.ts';
import type { Machine } from '../machine.ts';
import { httpUrl, named, splitList } from '../options.ts';
import {
  archiveOption,
  DEFAULT_STACK,
  missingOutput,
  readStackOutputs,
  stackOption,
} from '../stack-outputs.ts';
import { readArchiveSettings, readAuditSettings } from './archive-settings.ts';
import { createMappingClients, type MappingClients } from './clients.ts';
import { type MskConnectionValues, readMskConnection } from './connection.ts';
import { findMapping } from './find-mapping.ts';
import { createMappings, type Mapping } from './mappings.ts';

/** Values of the flags that {@link withTopic} adds. */
export interface TopicValues extends MskConnectionValues, AwsAccess {
  readonly topic: string;
  readonly stack?: string | undefined;
  readonly archive?: string | undefined;
  readonly lambdaEndpoint?: string | undefined;
  readonly s3Endpoint?: string | undefined;
  /** Whether a program reads the answer. */
  readonly json?: boolean | undefined;
}

/** Adds the flags that name a topic, its archive and its brokers. */
export function withTopic<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return withMskConnection(
    command
      .addOption(named('--topic <name>', 'the topic (required)').makeOptionMandatory())
      .addOption(new Option('--json', 'print one JSON document and nothing else, for programs'))
      .addOption(stackOption('that archives the topic'))
      .addOption(archiveOption()),
  )
    .addOption(awsOptions.region)
    .addOption(awsOptions.profile)
    .addOption(httpUrl('--lambda-endpoint <url>', 'Lambda server to use in place of AWS'))
    .addOption(httpUrl('--s3-endpoint <url>', 'S3 server to use in place of AWS'));
}

/** Opens the brokers of a topic. */
export type OpenBroker = (options: AuditedTopicOptions) => Promise<OpenAuditBroker>;

/** The Kafka client takes half a second to load, which no other command should wait for. */
export const openOnBrokers: OpenBroker = async (options) => {
  const { openAuditBroker } = await import('../../lambda/io/audit-broker.ts');
  return openAuditBroker(options);
};

/** What audits and resets keep in the bucket for derived data. */
export interface DerivedStores {
  readonly ledgers: LedgerStore;
  readonly hours: HourRecordStore;
  readonly resets: ResetNotes;
}

/** What a command about an archived topic works with. */
export interface TopicContext extends Pick<Machine, 'now' | 'progress'> {
  readonly topic: string;
  /** Flags that select the archive in commands to run next, such as ` --stack Shop`; empty for the default. */
  readonly archiveFlags: string;
  readonly mapping: Mapping;
  /** Settings of the deployed archive. */
  readonly settings: Pick<ArchiveEnvironment, 'objectPrefix' | 'timeFolder'>;
  /** Settings of its audit function, if it has one. */
  readonly audit: AuditEnvironment | undefined;
  /** The source of the mapping's events. */
  readonly origin: EventOrigin;
  readonly archive: ArchiveSource;
  readonly failedBatches: FailedBatchListing & FailedBatchWriter;
  /** What the bucket for derived data has; undefined if the archive has no such bucket. */
  readonly derived: DerivedStores | undefined;
  /** The limits of each call. */
  readonly calls: CallOptions;
  /** Connects to the brokers; undefined if neither the command line nor the stack names any. */
  readonly openBroker: (() => Promise<OpenAuditBroker>) | undefined;
  /** Prints the answer: the document with `--json`, otherwise the lines. */
  answer(document: object, lines: () => readonly string[]): void;
}

/** How to run a command with {@link runOnTopic}. */
export interface TopicRun {
  readonly values: TopicValues;
  readonly machine: Machine;
  readonly openBroker: OpenBroker;
}

/**
 * Runs a command about a topic of a deployed archive, and closes its clients and brokers.
 *
 * @throws {UsageError} for flags that contradict or lack each other
 * @throws {ArchiverError} `LOAD_FAILED` if the stack does not archive the topic or lacks an output; `KAFKA_FAILED`,
 * `INVALID_SETTINGS`, `STORE_ABORTED`; and whatever the command throws
 */
export async function runOnTopic(
  { machine, openBroker, values }: TopicRun,
  act: (context: TopicContext) => Promise<void>,
): Promise<void> {
  const { now, print, stop } = machine;
  const clients = createMappingClients(values, machine.environment);
  const calls = { signal: stop, attemptTimeout: ATTEMPT_MS };
  const opened: OpenAuditBroker[] = [];
  try {
    const found = await findArchive(values, clients, calls);
    const { mapping, outputs, stack } = found;
    const { lambda, s3 } = clients;
    const brokers =
      readBrokers(values, machine.environment) ?? listOf(outputs.get('AuditBootstrapServers'));
    const connect = brokers && readMskConnection({ ...values, brokers }, machine);
    const bucketOf = (output: string) => {
      const bucket = outputs.get(output);
      if (bucket === undefined) throw missingOutput(stack, output, 'stack');
      return bucket;
    };
    const failedBucket = bucketOf('FailedBatchBucketName');
    const listing = createS3FailedBatchStore(s3, failedBucket);
    const derived = outputs.get('DerivedBucketName');
    const settings = found.audit ?? (await readArchiveSettings(lambda, mapping.functionArn, calls));
    const { objectPrefix } = settings;
    await act({
      ...{ mapping, settings, calls, now, topic: values.topic, audit: found.audit },
      archiveFlags: archiveFlagsOf(values),
      origin: originOf(values.topic, mapping, brokers ?? []),
      archive: createS3Source(s3, bucketOf('ArchiveBucketName'), calls),
      failedBatches: { ...listing, ...createS3FailedBatchWriter(s3, failedBucket, listing) },
      derived: derived === undefined ? undefined : derivedStores(s3, derived, objectPrefix),
      openBroker:
        connect &&
        (async () => {
          const connection = await connect(mapping, lambda);
          const broker = await openBroker({
            connection,
            topic: values.topic,
            group: mapping.group,
          });
          opened.push(broker);
          return broker;
        }),
      answer(document, lines) {
        machine.progress('');
        const output = values.json ? [JSON.stringify(document, undefined, 2)] : lines();
        for (const line of output) print(line);
      },
      progress: values.json ? () => undefined : machine.progress,
    });
  } catch (error) {
    throw explain(error, stop.aborted);
  } finally {
    machine.progress('');
    await Promise.all(opened.map((broker) => broker.close()));
    clients.destroy();
  }
}

async function findArchive(values: TopicValues, clients: MappingClients, calls: CallOptions) {
  const { archive, stack = DEFAULT_STACK, topic } = values;
  const { cloudFormation, lambda } = clients;
  const mappings = createMappings(lambda);
  const mapping = await findMapping(
    topic,
    { by: 'stack', stack, archive },
    { mappings, cloudFormation, calls },
  );
  const access = { client: cloudFormation, ...calls };
  const found = await readStackOutputs({ archive, stack }, access, '--archive');
  const outputs = new Map(
    found.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
  const auditFunction = outputs.get('AuditFunctionName');
  const audit = auditFunction && (await readAuditSettings(lambda, auditFunction, calls));
  return { stack, mapping, outputs, audit: audit || undefined };
}

function derivedStores(s3: S3Client, bucket: string, objectPrefix: string): DerivedStores {
  const place = { derivedBucket: bucket, objectPrefix };
  return {
    ledgers: createS3LedgerStore(s3, place),
    hours: createS3HourRecordStore(s3, place),
    resets: createS3ResetNotes(s3, { bucket, objectPrefix }),
  };
}

function archiveFlagsOf({ archive, stack }: TopicValues): string {
  const flags = { stack, archive };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => ` --${name} ${value}`).join('');
}

function listOf(given: string | undefined): readonly string[] | undefined {
  return given === undefined ? undefined : splitList(given);
}

/** ASSUMED: events of a self-managed cluster have the bootstrap servers of their mapping. */
function originOf(
  topic: string,
  { bootstrapServers, clusterArn }: Mapping,
  brokers: readonly string[],
): EventOrigin {
  const servers = clusterArn === undefined ? bootstrapServers : brokers;
  return {
    ...{ topic, bootstrapServers: servers.join(','), nullStyle: 'null' },
    ...(clusterArn !== undefined && { eventSourceArn: clusterArn }),
  };
}
