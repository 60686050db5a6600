/**
 * The handler's stages one by one for one size of values, in a process of its own. Prints its result as
 * JSON.
 *
 * @module
 */
import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { createPlanner } from '../../../lambda/core/object/archive-plan.ts';
import { compress } from '../../../lambda/core/object/compression.ts';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { type Batch, parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../lambda/core/record/record-line.ts';
import { createObjectPutter, type PutObjects } from '../common/put-objects.ts';
import { type Spread, spreadOf, timed, timeOf } from '../common/sample.ts';
import { fullEvent } from '../events.ts';
import { type CompressionCase, defaultCases, planSettings } from './settings.ts';

/** Milliseconds of stages of one round, or of all rounds. */
interface Stages<Time> {
  readonly parse: Time;
  readonly validate: Time;
  readonly lines: Time;
  readonly digest: Time;
  /** By the compressions of `defaultCases`, in their order. */
  readonly compress: readonly Time[];
  readonly put: readonly Time[];
}

/** Milliseconds of each stage, over all rounds. */
export type StagesResult = Stages<Spread>;

const WARM_UP = 10;

const [valueBytes = '', partitions = '', rounds = '', endpoint = '', bucket = ''] =
  process.argv.slice(2);
const text = fullEvent(Number(valueBytes), Number(partitions));
const putObjects = createObjectPutter({ endpoint, bucket });
const buffer = new LineBuffer();

/** Writes a batch's lines, and returns those of each object. */
function writeLines({ source, runs }: Batch): Buffer[] {
  const { metadata } = planSettings(defaultCases[0] as CompressionCase);
  buffer.reset();
  const writer = new RecordLineWriter({ source, metadata, enrich: noEnrichment }, buffer);
  const ends = runs.map((run) => {
    const start = buffer.length;
    writer.write(run, run.records);
    return { start, end: buffer.length };
  });
  return ends.map(({ start, end }) => buffer.slice(start, end));
}

/** One after the other, since there is one thread for it. */
async function compressAll(bodies: readonly Buffer[], setting: CompressionCase): Promise<void> {
  for (const body of bodies) await compress(body, setting);
}

async function runOnce(round: number): Promise<Stages<number>> {
  const [event, parse] = await timed(() => JSON.parse(text));
  const [batch, validate] = await timed(() => parseBatch(event));
  const [bodies, lines] = await timed(() => writeLines(batch));
  const [, digest] = await timed(() => bodies.map((body) => hash('sha256', body, 'hex')));
  const compressTimes: number[] = [];
  const putTimes: number[] = [];
  for (const [index, setting] of defaultCases.entries()) {
    compressTimes.push(await timeOf(() => compressAll(bodies, setting)));
    // Never the same key twice: that would be refused.
    const folder = `${round}-${index}/`;
    putTimes.push(await timeOf(() => putObjects(folder, objects[index] ?? [])));
  }
  return { parse, validate, lines, digest, compress: compressTimes, put: putTimes };
}

/** What each compression's bodies are put with. */
const objects: PutObjects[] = [];
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
