import { Buffer } from 'node:buffer';
import { DEADLINE_MARGIN_MS, objectForms } from '../../lambda/contract.ts';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { streamPrefixes } from '../../lib/storage/stream-prefix.ts';
import { type FirehoseServer, startFirehoseServer } from '../local/firehose-server/server.ts';
import { archiveFunction } from '../local/lambda/local-functions.ts';
import { MemoryTopic } from '../local/mapping/memory-topic.ts';
import { createPipeline, type Pipeline } from '../local/mapping/pipeline.ts';
import { mappingSettings } from '../local/mapping/settings.ts';
import { auditScenario, endsOf, memoryBroker } from './audit.ts';
import type { StreamCell } from './cell.ts';
import { originOf } from './failed-batches.ts';
import { faultyFirehose, faultyS3 } from './faulty-servers.ts';
import type { ProducedRecord } from './judge.ts';
import type { NewRecord } from './memory-scenario.ts';
import { Random } from './random.ts';
import { resultOf, type ScenarioResult } from './scenario.ts';
import { judgeStream, LineCounts } from './stream-judge.ts';
import { Strikes } from './strikes.ts';
import { buckets, INIT_SECONDS, type S3FaultOf, until, type World } from './world.ts';

/** Seconds: the deadline margin of five, and two for the calls. */
const FUNCTION_TIMEOUT = 7;
const CALL_PATIENCE_MS = FUNCTION_TIMEOUT * 1000 - DEADLINE_MARGIN_MS;
/** Milliseconds for which a lasting fault refuses the stream's PUTs. */
const STORE_PATIENCE_MS = 500;
const HOUR_MS = 3_600_000;
/** The time of the first record, near the end of an hour, so that lines fall into two folders. */
const BEGIN = Date.UTC(2026, 10, 23, 9, 59, 58);
const PARTITIONS = 3;
/** Bytes of a value that does not fit into a chunk. */
const OVERSIZE = 1_100_000;

/**
 * Archives a topic through a delivery stream while the cell's fault strikes, and reads the topic back: every offset is stored
 * at least once, and the acknowledged objects contain it as often as the stream accepted it.
 */
export async function runStreamScenario(
  cell: StreamCell,
  { name, seed, world }: { readonly name: string; readonly seed: number; readonly world: World },
): Promise<ScenarioResult> {
  const random = new Random(seed);
  const { call, kind, time } = cell;
  const strikes = new Strikes(time, random, kind === 'hang');
  // Only large values cause calls with several chunks.
  const isLarge = kind === 'reject' || random.chance(0.3);
  const { produced, topic } = await filledTopic(name, random, isLarge);
  const taken = new LineCounts();
  const isPut = call === 'put-records';
  let pipeline: Pipeline | undefined;
  const kill = () => void pipeline?.function.signal('SIGKILL');
  const server = await startFirehoseServer({
    s3: world,
    retryDelayMs: 10,
    streams: [
      {
        ...{ name, bucket: buckets.archive },
        ...streamPrefixes({ objectPrefix: '', timeFolder: 'hour', topics: [name] }),
        ...{ compression: 'gzip', bufferBytes: isLarge ? 2e6 : 2000, bufferSeconds: 0.2 },
      },
    ],
    onTaken: (_, record) => taken.add(record),
    ...(isPut && {
      fault: faultyFirehose({ kind, strikes, random, kill, patienceMs: CALL_PATIENCE_MS }),
    }),
  });
  if (!isPut && kind !== 'reject') world.s3Fault = storeFault({ kind, random, strikes });
  pipeline = pipelineOf(topic, { random, server, world });
  const running = pipeline.run();
  const isFinished = await until(() => topic.isDone, {
    everyMs: 5,
    steps: () => strikes.count - lagOf(topic),
  });
  pipeline.stop();
  await running;
  await pipeline.close();
  const stream = server.stream(name);
  await stream.flush();
  world.s3Fault = undefined;
  // A put that the function gave up as too slow may still arrive, and is accepted until the server is closed.
  await server.close();
  const judgement = await judgeStream(world, name, produced, { taken, keys: stream.keys });
  const { dropped, failed } = stream.counts();
  const { duplicates, miscounted, ...others } = judgement;
  const injected = strikes.count;
  const broker = memoryBroker(name, produced, (partition) => topic.committed(partition));
  const problems = await auditScenario(
    world,
    { topic: name, broker, ends: endsOf(produced), isStreamed: true },
    isFinished,
  );
  if (miscounted > 0) problems.push(`${miscounted} not stored as often as they were accepted`);
  if (failed + dropped > 0) problems.push(`${failed} in the error folder, ${dropped} dropped`);
  return resultOf(others, { duplicates, injected, isFinished, problems }, false);
}

function lagOf(topic: MemoryTopic): number {
  let lag = 0;
  for (let partition = 0; partition < PARTITIONS; partition += 1) lag += topic.lag(partition);
  return lag;
}

function pipelineOf(
  topic: MemoryTopic,
  { random, server, world }: { random: Random; server: FirehoseServer; world: World },
): Pipeline {
  const mode = random.pick(['on-demand', 'provisioned']);
  const isProvisioned = mode === 'provisioned';
  return createPipeline({
    function: archiveFunction({
      ...{ codeFolder: world.firehoseCodeFolder, log: world.log, s3: world },
      stream: { endpoint: server.endpoint, name: topic.topic },
      ...{ archiveBucket: buckets.archive, objectPrefix: '', timeFolder: 'hour' },
      ...{ compression: 'gzip', serviceName: 'faults', timeoutSeconds: FUNCTION_TIMEOUT },
      initSeconds: INIT_SECONDS,
      reportBatchItemFailures: isProvisioned,
      // Of lines that are too long for the stream.
      objectOf: random.pick(objectForms),
    }),
    mappings: [
      {
        ...{ source: topic, origin: originOf(topic.topic), observe: () => undefined },
        settings: mappingSettings({
          ...{ mode, batchSize: 4 + random.below(6), batchWindow: 0, pollers: 2, retryDelayMs: 10 },
          ...(isProvisioned && {
            ...{ bisectBatchOnFunctionError: true, reportBatchItemFailures: true },
            ...{ maximumRetryAttempts: -1, mixPartitions: random.chance(0.5) },
            resend: random.pick(['named', 'from lowest']),
          }),
        }),
      },
    ],
  });
}

/** Faults of the stream's PUTs, but not of the function's. */
function storeFault({
  kind,
  random,
  strikes,
}: {
  readonly kind: Exclude<StreamCell['kind'], 'reject'>;
  readonly random: Random;
  readonly strikes: Strikes;
}): S3FaultOf {
  const fault = faultyS3({
    ...{ operation: 'PutObject', bucket: buckets.archive, kind, random, strikes },
    patienceMs: STORE_PATIENCE_MS,
    // The key differs at each try.
    ...{ identityOf: () => 'store', isLast: () => true, kill: () => undefined },
  });
  return async (request) =>
    parseObjectKey(request.key) === undefined ? fault(request) : undefined;
}

async function filledTopic(
  name: string,
  random: Random,
  isLarge: boolean,
): Promise<{ topic: MemoryTopic; produced: ProducedRecord[] }> {
  const topic = new MemoryTopic({ topic: name, partitions: PARTITIONS, maxBufferedBytes: 1e9 });
  const produced: ProducedRecord[] = [];
  for (const record of newRecords(random, isLarge)) {
    const offset = await topic.produce({ ...record, timestampType: 'CREATE_TIME', headers: [] });
    produced.push({ ...record, offset });
  }
  topic.end();
  return { topic, produced };
}

function newRecords(random: Random, isLarge: boolean): NewRecord[] {
  const count = isLarge ? 6 : 10 + random.below(15);
  const later = random.below(count);
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    Array.from({ length: count }, (__, i): NewRecord => {
      const isOversize = isLarge && i === partition;
      const bytes = isOversize ? OVERSIZE : 300_000 + random.below(300_000);
      const text = isLarge ? 'x'.repeat(bytes) : String(random.next());
      // Records without a usable timestamp have a folder of their own.
      const timestamp = random.chance(0.1) ? -1 : BEGIN + i * 10 + (i > later ? HOUR_MS : 0);
      return {
        ...{ partition, timestamp },
        key: random.chance(0.2) ? null : Buffer.from(`k-${partition}-${i}`),
        value: random.chance(0.1) && !isOversize ? null : Buffer.from(`{"n":${i},"r":"${text}"}`),
      };
    }),
  ).flat();
}
