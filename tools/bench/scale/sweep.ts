import { Writable } from 'node:stream';
import { progress } from '../../../cli/terminal.ts';
import { functionEnvironment } from '../../local/lambda/execution-environment.ts';
import { archiveFunction } from '../../local/lambda/local-functions.ts';
import { startS3Process } from '../common/s3-process.ts';
import { cpuOf, median } from '../common/sample.ts';
import { eventOf, FIRST_OFFSET, valueSizes } from '../events.ts';
import type { MeasuredBatch } from './effort.ts';

/** Records and topic-partitions of the batches that are measured; the largest is as large as there can be. */
const batches = [
  ...[1, 10, 100, 1000, Number.POSITIVE_INFINITY].map((records) => [records, 1] as const),
  ...[100, 1000, Number.POSITIVE_INFINITY].map((records) => [records, 10] as const),
  ...([
    [10, 10],
    [100, 100],
    [1000, 100],
  ] as const),
];

/** Times that each batch is measured; the median counts. */
const GROUPS = 7;

type Handler = (event: unknown, context: object) => Promise<unknown>;

const context = {
  ...{ awsRequestId: 'bench', functionVersion: '$LATEST' },
  getRemainingTimeInMillis: () => 600_000,
};

/** What is written to standard output while a job runs, in bytes, in place of writing it. */
async function loggedBy(job: () => Promise<unknown>): Promise<number> {
  const { write } = process.stdout;
  let bytes = 0;
  process.stdout.write = (text: string | Uint8Array) => {
    bytes += Buffer.byteLength(text);
    return true;
  };
  try {
    await job();
  } finally {
    process.stdout.write = write;
  }
  return bytes;
}

/** Of events so far, of all batches. */
let variants = 0;

/**
 * The event with offsets that no other has: a batch that is there already is not put again, and small
 * batches of different sizes may well have one partition's range in common.
 */
function withNewOffsets(text: string): string {
  const digits = String(FIRST_OFFSET).slice(0, -4);
  variants += 1;
  return text.replaceAll(`"offset":${digits}`, `"offset":${variants}${digits.slice(1)}`);
}

async function measureBatch(handler: Handler, [records, partitions]: readonly [number, number]) {
  const most = Number.isFinite(records) ? { records } : {};
  const text = eventOf({ valueBytes: valueSizes['1 KB'], partitions, ...most });
  const count = text.split('"timestampType"').length - 1;
  // Enough that the clock of the CPU tells them apart; collecting garbage is in all of them.
  const events = Math.min(30, Math.max(1, Math.round(1000 / (count + 10 * partitions))));
  const cpuMs: number[] = [];
  let logBytes = 0;
  for (let group = -2; group < GROUPS; group++) {
    const texts = Array.from({ length: events }, () => withNewOffsets(text));
    const all = async () => {
      for (const each of texts) await handler(JSON.parse(each), context);
    };
    let cpu = 0;
    logBytes = await loggedBy(async () => {
      cpu = await cpuOf(all);
    });
    if (group >= 0) cpuMs.push(cpu / events);
  }
  const objects = Math.min(partitions, count);
  return { records: count, objects, cpuMs: median(cpuMs), logBytes: logBytes / events };
}

/**
 * Measures the archive function's handler in this process, wired as deployed, before a local S3 server in
 * another process.
 */
export async function measureBatches(): Promise<MeasuredBatch[]> {
  await using s3 = await startS3Process();
  const configuration = archiveFunction({
    ...{ codeFolder: '', s3, archiveBucket: s3.bucket, timeFolder: 'none', compression: 'gzip' },
    ...{ objectPrefix: 'bench/', serviceName: 'bench', reportBatchItemFailures: false },
    log: new Writable(),
  });
  // Read when the handler is loaded, as in a function's process.
  Object.assign(process.env, functionEnvironment(configuration, ''));
  const { handler } = await import('../../../lambda/archive.ts');
  const measured: MeasuredBatch[] = [];
  for (const batch of batches) {
    progress(`${batch[0]} records, ${batch[1]} partitions`);
    measured.push(await measureBatch(handler as Handler, batch));
  }
  progress('');
  return measured;
}
