import { createWriteStream } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { compressionLevels, settingRanges } from '../../lambda/contract.ts';
import { archiveEnvironment } from '../../lib/archive-environment.ts';
import { MemoryTopic } from '../memory-topic.ts';
import { type Pipeline, startPipeline } from '../pipeline.ts';
import { mappingSettings } from '../settings.ts';
import { demoRecords } from './input.ts';
import { isExact, Ledger, type Verdict } from './ledger.ts';
import type { DemoOptions } from './options.ts';
import { checkReadable, prepareFolder, ricCommand } from './prepare.ts';
import { readObjects, readRecordLine } from './read-back.ts';
import { count, DemoCounts, demoTable } from './report.ts';

/** What a run of the demo needs from outside. */
export interface DemoDeps {
  /** Folder of the function's bundle. */
  readonly codeFolder: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Replaces the last progress line. */
  readonly progress: (line: string) => void;
}

const BUCKET = 'archive';
const FUNCTION_LOG = 'function.log';

/** Bytes that wait in the topic at most: some batches, however many records the demo is given. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

/** Failed invocations in a row after which the demo gives up, as a user is waiting. */
const MAX_FAILURES = 5;

const PROGRESS_MS = 500;

/**
 * Runs the demo: produces the records, archives them through the pipeline, reads all back from S3.
 *
 * @returns whether every offset was stored exactly once, with the key and value that were produced
 * @throws {ArchiverError} `INVALID_SETTINGS` for an input or folder that cannot be used
 */
export async function runDemo(options: DemoOptions, deps: DemoDeps): Promise<boolean> {
  // All that can be refused, before an earlier run's folder is emptied.
  const runtimeCommand = options.ric ? ricCommand() : undefined;
  if (options.input !== undefined) checkReadable(options.input);
  prepareFolder(options.out, [BUCKET, FUNCTION_LOG]);
  const topic = topicName(options);
  const source = new MemoryTopic({
    topic,
    partitions: options.partitions,
    maxBufferedBytes: MAX_BUFFERED_BYTES,
  });
  const counts = new DemoCounts();
  const pipeline = await startDemoPipeline(options, { deps, source, counts, runtimeCommand });
  try {
    deps.print(`topic '${topic}', ${options.partitions} partitions, archived to ${options.out}/`);
    const ledger = new Ledger();
    const started = deps.now();
    await archiveAll(options, { deps, source, counts, ledger, pipeline });
    const seconds = (deps.now() - started) / 1000;
    const read = await readBack(pipeline.s3.endpoint, ledger, deps);
    const { coldStarts, maxMemoryMiB } = pipeline.function;
    deps.print(
      demoTable(counts, {
        seconds,
        ...read,
        compression: options.compression,
        coldStarts,
        functionMiB: maxMemoryMiB,
        functionLimitMiB: settingRanges.memoryMiB.default,
        emulatorMiB: process.resourceUsage().maxRSS / 1024,
      }),
    );
    if (read.objects > 0) {
      deps.print(`\n${join(options.out, BUCKET, read.lastKey)} ends:\n${read.lastLine}\n`);
    }
    return judge(ledger.verdict(), { options, deps, counts });
  } finally {
    await pipeline.close();
  }
}

interface Running {
  readonly deps: DemoDeps;
  readonly source: MemoryTopic;
  readonly counts: DemoCounts;
}

function startDemoPipeline(
  options: DemoOptions,
  running: Running & { readonly runtimeCommand: readonly string[] | undefined },
): Promise<Pipeline> {
  const { batchSize, batchWindow, pollers, compression, timeFolder, out } = options;
  const { source, counts, deps, runtimeCommand } = running;
  const cluster = 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/00000000-0000-0000-0000-0';
  return startPipeline({
    source,
    origin: {
      topic: source.topic,
      eventSourceArn: cluster,
      bootstrapServers: 'localhost:9098',
      nullStyle: 'null',
    },
    mapping: mappingSettings({ batchSize, batchWindow, pollers }),
    s3: { root: out, buckets: [BUCKET] },
    function: {
      name: 'archive',
      codeFolder: deps.codeFolder,
      handler: 'index.handler',
      timeoutSeconds: settingRanges.timeoutSeconds.default,
      memoryMiB: settingRanges.memoryMiB.default,
      log: createWriteStream(join(out, FUNCTION_LOG)),
      ...(runtimeCommand && { runtimeCommand }),
      environment: archiveEnvironment({
        archiveBucket: BUCKET,
        objectPrefix: 'demo/',
        timeFolder,
        compression,
        ...(compression !== 'none' && {
          compressionLevel: compressionLevels[compression].default,
        }),
        metadata: { env: 'demo' },
        maxParallelPuts: settingRanges.maxParallelPuts.default,
        reportBatchItemFailures: false,
        logLevel: 'info',
        serviceName: 'demo',
      }),
    },
    observe: (event) => counts.observe(event),
  });
}

async function archiveAll(
  options: DemoOptions,
  run: Running & { readonly ledger: Ledger; readonly pipeline: Pipeline },
): Promise<void> {
  const { deps, source, counts, ledger, pipeline } = run;
  const produceAll = async () => {
    for await (const record of demoRecords(options, deps.now())) {
      const { partition, key, value } = record;
      const offset = await source.produce(record);
      ledger.produced(partition, offset, key, value);
      counts.produced += 1;
      counts.bytesIn += (key?.length ?? 0) + (value?.length ?? 0);
    }
    source.end();
  };
  const timer = setInterval(() => {
    deps.progress(counts.progress());
    if (counts.failuresInARow >= MAX_FAILURES) pipeline.mapping.stop();
  }, PROGRESS_MS);
  try {
    const mapped = pipeline.mapping.run();
    // Not both: a producer that waits for room would wait for ever once the mapping has stopped.
    await Promise.race([mapped, produceAll().then(() => mapped)]);
  } finally {
    clearInterval(timer);
    pipeline.mapping.stop();
  }
}

/** Reads every record back into the ledger, as a user of the archive would: list, get, unpack. */
async function readBack(endpoint: string, ledger: Ledger, deps: DemoDeps) {
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
  });
  const read = { objects: 0, bytesStored: 0, lastKey: '', lastLine: '' };
  let records = 0;
  for await (const { key, bytes, lines } of readObjects(client, BUCKET)) {
    for (const line of lines) {
      const record = readRecordLine(line);
      ledger.readBack(record.partition, record.offset, record.key, record.value);
    }
    records += lines.length;
    read.objects += 1;
    read.bytesStored += bytes;
    read.lastKey = key;
    read.lastLine = lines.at(-1) ?? '';
    deps.progress(`reading back · ${count(read.objects)} objects · ${count(records)} records`);
  }
  deps.progress('');
  client.destroy();
  return read;
}

function judge(
  verdict: Verdict,
  { options, deps, counts }: { options: DemoOptions; deps: DemoDeps; counts: DemoCounts },
): boolean {
  const { produced, exact, missing, repeated, altered, unknown } = verdict;
  deps.print(`every offset stored exactly once: ${exact} of ${produced}`);
  if (isExact(verdict)) return true;
  deps.print(`missing ${missing}, repeated ${repeated}, altered ${altered}, unknown ${unknown}`);
  for (const [condition, records] of counts.discarded) {
    deps.print(`given up by the event source mapping: ${records} records (${condition})`);
  }
  if (counts.failures > 0) {
    deps.print(`what the function said is in ${join(options.out, FUNCTION_LOG)}`);
  }
  return false;
}

function topicName({ input, records }: DemoOptions): string {
  if (records !== undefined) return 'orders';
  if (input === undefined) return 'earthquakes';
  return (
    basename(input, extname(input))
      .replace(/[^a-zA-Z0-9_-]/g, '-')
      .slice(0, 200) || 'input'
  );
}
