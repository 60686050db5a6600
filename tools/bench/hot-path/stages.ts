/**
 * The handler's stages one by one for one size of values, in its own process. Prints its result as JSON.
 *
 * @module
 */
import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { settingRanges } from '../../../lambda/contract.ts';
import { type ArchiveObject, createPlanner } from '../../../lambda/core/object/archive-plan.ts';
import { compress } from '../../../lambda/core/object/compression.ts';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { type Batch, parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../lambda/core/record/record-line.ts';
import { createS3Client, createS3ObjectStore } from '../../../lambda/io/s3-object-store.ts';
import { type Spread, spreadOf, timed, timeOf } from '../common/sample.ts';
import { useS3Server } from '../common/use-s3-server.ts';
import { fullEvent } from '../events.ts';
import { type CompressionCase, defaultCases, planSettings, readDataSet } from './settings.ts';

/** Milliseconds of each stage, in one round or over all rounds. */
interface Stages<Time> {
  readonly parse: Time;
  readonly validate: Time;
  readonly lines: Time;
  readonly digest: Time;
  /** One for each of `defaultCases`, in the same order. */
  readonly compress: readonly Time[];
  readonly put: readonly Time[];
}

/** Milliseconds of each stage over all rounds. */
export type StagesResult = Stages<Spread>;

const WARM_UP = 10;

const [valueBytes = '', partitions = '', rounds = '', endpoint = '', bucket = '', data = ''] =
  process.argv.slice(2);
const text = fullEvent({
  valueBytes: Number(valueBytes),
  partitions: Number(partitions),
  data: readDataSet(data),
});
useS3Server(endpoint);
const store = createS3ObjectStore(
  createS3Client({ maxParallelPuts: settingRanges.maxParallelPuts.default, random: Math.random }),
  { archiveBucket: bucket, storageClass: 'STANDARD' },
);
const putOptions = { signal: new AbortController().signal, attemptTimeout: 60_000 };
const buffer = new LineBuffer();

/** Puts all objects concurrently, as the archive function does. */
async function putAll(folder: string, objects: readonly ArchiveObject[]): Promise<void> {
  await Promise.all(
    objects.map((object) => store.create({ ...object, key: `${folder}${object.key}` }, putOptions)),
  );
}

/** Writes the lines of a batch, whose records share an hour and thus an object, and returns them. */
function writeLines({ source, runs }: Batch): Buffer {
  const { metadata } = planSettings(defaultCases[0] as CompressionCase);
  buffer.reset();
  const writer = new RecordLineWriter({ source, metadata, enrich: noEnrichment }, buffer);
  for (const run of runs) writer.write(run, run.records);
  return buffer.slice(0, buffer.length);
}

async function runOnce(round: number): Promise<Stages<number>> {
  const [event, parse] = await timed(() => JSON.parse(text));
  const [batch, validate] = await timed(() => parseBatch(event));
  const [body, lines] = await timed(() => writeLines(batch));
  const [, digest] = await timed(() => hash('sha256', body, 'hex'));
  const compressTimes: number[] = [];
  const putTimes: number[] = [];
  for (const [index, setting] of defaultCases.entries()) {
    compressTimes.push(await timeOf(() => compress(body, planSettings(setting))));
    // A new key each time, because the store refuses an existing one.
    const folder = `${round}-${index}/`;
    putTimes.push(await timeOf(() => putAll(folder, objects[index] ?? [])));
  }
  return { parse, validate, lines, digest, compress: compressTimes, put: putTimes };
}

/** The objects of each compression. */
const objects: (readonly ArchiveObject[])[] = [];
for (const setting of defaultCases) {
  const plan = createPlanner(planSettings(setting), noEnrichment);
  objects.push((await plan(parseBatch(JSON.parse(text)))).objects);
}

const all: Stages<number>[] = [];
for (let round = -WARM_UP; round < Number(rounds); round++) {
  const times = await runOnce(round);
  if (round >= 0) all.push(times);
}
const spread = (timeIn: (times: Stages<number>) => number | undefined) =>
  spreadOf(all.map((times) => timeIn(times) ?? Number.NaN));
const result: StagesResult = {
  parse: spread(({ parse }) => parse),
  validate: spread(({ validate }) => validate),
  lines: spread(({ lines }) => lines),
  digest: spread(({ digest }) => digest),
  compress: defaultCases.map((_, index) => spread((times) => times.compress[index])),
  put: defaultCases.map((_, index) => spread(({ put }) => put[index])),
};
console.log(JSON.stringify(result));
