import { setTimeout as sleep } from 'node:timers/promises';
import {
  Admin,
  ConfigResourceTypes,
  ConfigSources,
  FetchIsolationLevels,
  fetchV12,
  fetchV13,
} from '@platformatic/kafka';
import { ArchiverError } from '../lambda/core/errors.ts';
import { isRefusal, kafkaError } from './client-errors.ts';
import { clientOptions, type KafkaConnection, keepAlive } from './connection.ts';
import {
  type FetchAnswer,
  type PartitionAnswer,
  type StoredBatch,
  storedBatch,
} from './fetched-records.ts';
import { committedOffsets, offsetOf, targetOffsets } from './offsets.ts';
import type { Offsets } from './record.ts';

/** The `client.id` of an audit, which a quota of the brokers can name: https://kafka.apache.org/documentation/#design_quotas */
export const AUDIT_CLIENT_ID = 'msk-s3-archiver-audit';

/** Which topic to open with {@link openAuditedTopic}, and the group that archives it. */
export interface AuditedTopicOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly group: string;
  /**
   * Milliseconds for which a call is tried again: longer than it takes the brokers to replace one that has failed.
   *
   * @default 30000
   */
  readonly patience?: number | undefined;
}

/** A topic as the brokers describe it. */
export interface TopicDescription {
  readonly topic: string;
  /** A UUID: another one after the topic was deleted and created again. */
  readonly topicId: string;
  readonly settings: TopicSettings;
  /** In order. */
  readonly partitions: readonly PartitionOffsets[];
}

/** Offsets of one partition. */
export interface PartitionOffsets {
  readonly partition: number;
  /** Offset of the first record that the log still has. */
  readonly logStart: number;
  /** Every transaction below it is decided. */
  readonly lastStable: number;
  /** The high watermark. */
  readonly end: number;
  /** Offset that the group reads next; undefined if it has committed none. */
  readonly committed: number | undefined;
}

/** The settings of a topic, by Kafka's names: `cleanup.policy` and two of timestamps as they are in force. */
export interface TopicSettings {
  readonly isCompacted: boolean;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** `message.timestamp.before.max.ms`; undefined if unlimited or, as before Kafka 3.6, unknown to the broker. */
  readonly beforeMaxMs: number | undefined;
  /** Those that were set for this topic. */
  readonly own: Readonly<Record<string, string>>;
}

/** Offsets of one partition to read, both inclusive. */
export interface ReadRange {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

/**
 * A topic, and the group that archives it, for reading alone: no offset is committed and no group is joined. A call
 * outlasts a change of leader or coordinator. Each throws {@link ArchiverError} `KAFKA_FAILED`, or the signal's reason.
 */
export interface AuditedTopic {
  /** Undefined if the topic does not exist. The committed offsets are read before the last stable ones. */
  describe(signal: AbortSignal): Promise<TopicDescription | undefined>;
  /** The offset of the first record at or after epoch milliseconds; the end of the log where none is that recent. */
  offsetsAt(timestamp: number, signal: AbortSignal): Promise<Offsets>;
  /**
   * Reads batches uncommitted, in order, from the one that holds `first` to the one that holds `last`, up to the high
   * watermark: the mark that decides a record below the last stable offset can lie above it. If the log begins after
   * `first`, reading begins there.
   */
  read(range: ReadRange, signal: AbortSignal): AsyncGenerator<StoredBatch>;
  close(): Promise<void>;
}

/** Milliseconds between tries. */
const PAUSE_MS = 1_000;
/** Compressed bytes of a response; a larger batch is returned all the same. */
const MAX_BYTES = 1024 * 1024;
/** Milliseconds that a broker waits for records. */
const MAX_WAIT_MS = 500;
/** https://kafka.apache.org/protocol#protocol_error_codes */
const OFFSET_OUT_OF_RANGE = 1;
/** In place of an epoch, both: the request is part of no session, and the leader's epoch is not checked. */
const NO_EPOCH = -1;

/** Connects to the brokers with the first call. */
export function openAuditedTopic(options: AuditedTopicOptions): AuditedTopic {
  const { connection, group, patience = 30_000, topic } = options;
  const settings = { ...clientOptions(connection), clientId: AUDIT_CLIENT_ID };
  const admin = keepAlive(new Admin(settings));
  let fetchApi: Promise<FetchApi> | undefined;

  /** Tries a call until it succeeds; each try has new metadata. */
  async function persist<Result>(
    action: string,
    signal: AbortSignal,
    call: () => Promise<Result>,
  ): Promise<Result> {
    const end = Date.now() + patience;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await untilAborted(call(), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ArchiverError) throw error;
        if (Date.now() > end || isRefusal(error)) throw kafkaError(action, error);
        admin.clearMetadata();
        fetchApi = undefined;
        await sleep(PAUSE_MS, undefined, { signal });
      }
    }
  }

  async function metadata() {
    const { topics } = await admin.metadata({ topics: [topic] });
    const found = topics.get(topic);
    if (found !== undefined) return found;
    throw new ArchiverError('KAFKA_FAILED', `the brokers did not describe '${topic}'`);
  }

  /** Undefined if the topic does not exist, for which the client has no error of its own. */
  async function findTopic() {
    try {
      admin.clearMetadata();
      return await metadata();
    } catch (error) {
      if ((await admin.listTopics()).includes(topic)) throw error;
      return undefined;
    }
  }

  async function partitionsOf(): Promise<readonly number[]> {
    return [...(await metadata()).partitions.keys()];
  }

  async function describeSettings(): Promise<TopicSettings> {
    const { TOPIC } = ConfigResourceTypes;
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: TOPIC, resourceName: topic }],
    });
    const configs = (described?.configs ?? []).flatMap(({ configSource, name, value }) =>
      typeof value === 'string'
        ? [{ name, value, isOwn: configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG }]
        : [],
    );
    const inForce = new Map(configs.map(({ name, value }) => [name, value]));
    const beforeMaxMs = Number(inForce.get('message.timestamp.before.max.ms'));
    return {
      isCompacted: (inForce.get('cleanup.policy') ?? '').split(',').includes('compact'),
      timestampType:
        inForce.get('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
      // The default is the largest of Java's long integers; NaN, of an unknown setting, is no safe integer either.
      beforeMaxMs: Number.isSafeInteger(beforeMaxMs) ? beforeMaxMs : undefined,
      own: Object.fromEntries(
        configs.filter(({ isOwn }) => isOwn).map(({ name, value }) => [name, value]),
      ),
    };
  }

  const chooseApi = () => {
    fetchApi ??= admin.listApis().then((apis) => {
      const version = apis.find(({ name }) => name === 'Fetch')?.maxVersion ?? 0;
      return version >= fetchV13.api.version ? fetchV13.api : fetchV12.api;
    });
    return fetchApi;
  };

  /** Fetches outside of any session: in one, a broker leaves out partitions that have nothing new. */
  async function fetchFrom(partition: number, offset: number): Promise<FetchAnswer> {
    const api = await chooseApi();
    const { id, partitions } = await metadata();
    const leader = partitions[partition]?.leader ?? -1;
    const connections = await admin.connectToBrokers([leader]);
    const connected = connections.get(leader);
    if (connected === undefined) {
      throw new RangeError(`partition ${partition} has no leader`);
    }
    const asked = {
      partition,
      fetchOffset: BigInt(offset),
      currentLeaderEpoch: NO_EPOCH,
      lastFetchedEpoch: NO_EPOCH,
      partitionMaxBytes: MAX_BYTES,
    };
    // Up to version 12, the name of the topic stands in the place of its id.
    const topics = [{ topicId: api === fetchV13.api ? id : topic, partitions: [asked] }];
    const { READ_UNCOMMITTED } = FetchIsolationLevels;
    try {
      return await api.async(
        ...[connected, MAX_WAIT_MS, 1, MAX_BYTES, READ_UNCOMMITTED, 0, NO_EPOCH, topics, [], ''],
      );
    } catch (error) {
      const { response } = error as { response?: FetchAnswer };
      if (response !== undefined && isOutOfRange(partitionOf(response))) return response;
      throw error;
    }
  }

  /** A partition's answer; undefined where a quota delayed it. */
  async function fetchPartition(
    partition: number,
    offset: number,
    signal: AbortSignal,
  ): Promise<PartitionAnswer | undefined> {
    const action = `reading partition ${partition} of '${topic}' from offset ${offset}`;
    const answer = await persist(action, signal, () => fetchFrom(partition, offset));
    const answered = partitionOf(answer);
    if (answered === undefined) await sleep(answer.throttleTimeMs, undefined, { signal });
    return answered;
  }

  /** One end of a partition's log. */
  async function endOf(
    partition: number,
    target: 'earliest' | 'latest',
    signal: AbortSignal,
  ): Promise<number> {
    const found = await persist(`listing the offsets of '${topic}'`, signal, () =>
      targetOffsets(admin, topic, { partitions: [partition], target }),
    );
    return offsetOf(found, partition);
  }

  return {
    async describe(signal) {
      const found = await persist(`describing '${topic}'`, signal, findTopic);
      if (found === undefined) return undefined;
      const described = await persist(
        `describing the configuration of '${topic}'`,
        signal,
        describeSettings,
      );
      const partitions = [...found.partitions.keys()];
      const offsets = (target: 'earliest' | 'latest', isStable: boolean) =>
        persist(`listing the offsets of '${topic}'`, signal, () =>
          targetOffsets(admin, topic, { partitions, target, isStable }),
        );
      const starts = await offsets('earliest', false);
      const committed = await persist(`listing the committed offsets of '${group}'`, signal, () =>
        committedOffsets(admin, { group, topic }),
      );
      const stable = await offsets('latest', true);
      const ends = await offsets('latest', false);
      return {
        ...{ topic, topicId: found.id, settings: described },
        partitions: partitions.map((partition) => ({
          partition,
          logStart: offsetOf(starts, partition),
          lastStable: offsetOf(stable, partition),
          end: offsetOf(ends, partition),
          committed: committed.get(partition),
        })),
      };
    },

    offsetsAt: (timestamp, signal) =>
      persist(`listing the offsets of '${topic}'`, signal, async () => {
        const partitions = await partitionsOf();
        return targetOffsets(admin, topic, { partitions, target: { timestamp } });
      }),

    async *read({ first, last, partition }, signal) {
      let next = first;
      while (next <= last) {
        const answer = await fetchPartition(partition, next, signal);
        if (answer === undefined) continue;
        if (isOutOfRange(answer)) {
          const start = await endOf(partition, 'earliest', signal);
          // Above the end of the log, there is nothing to read either.
          if (start <= next) return;
          next = start;
          continue;
        }
        const batches = (answer.records ?? [])
          .map((batch) => storedBatch(batch, partition))
          .filter(({ lastOffset }) => lastOffset >= next);
        if (batches.length === 0) {
          // Nothing up to the high watermark: compaction has removed whole batches. That of a leader that was just
          // elected may be an old one, but the end that it lists is not (KIP-207).
          if (Number(answer.highWatermark) > next) return;
          if ((await endOf(partition, 'latest', signal)) <= next) return;
        }
        for (const batch of batches) {
          if (next > last) return;
          yield batch;
          next = batch.lastOffset + 1;
        }
      }
    },

    close: () => admin.close(),
  };
}

type FetchApi = typeof fetchV12.api | typeof fetchV13.api;

function partitionOf(answer: FetchAnswer): PartitionAnswer | undefined {
  return answer.responses[0]?.partitions[0];
}

function isOutOfRange(answer: PartitionAnswer | undefined): boolean {
  return answer?.errorCode === OFFSET_OUT_OF_RANGE;
}

/** Rejects as soon as the signal aborts, since the client has no way to cancel a call. */
async function untilAborted<Result>(call: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
