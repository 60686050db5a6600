/**
 * One case of the benchmark, in its own process: the handler's path from an event's text to the compressed objects,
 * and the bound, in turns. Prints its result as JSON.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { createPlanner } from '../../../lambda/core/object/archive-plan.ts';
import { compress } from '../../../lambda/core/object/compression.ts';
import { noEnrichment } from '../../../lambda/core/record/enrichment.ts';
import { type KafkaEvent, parseBatch } from '../../../lambda/core/record/kafka-event.ts';
import { cpuOf, median, type Spread, spreadOf, timed } from '../common/sample.ts';
import { fullEvent } from '../events.ts';
import { planSettings, readCompression, readDataSet } from './settings.ts';

/** The result of a case; milliseconds are medians. */
export interface CaseResult {
  readonly records: number;
  readonly lineBytes: number;
  /** Bytes of all compressed objects. */
  readonly objectBytes: number;
  readonly handlerMs: number;
  readonly boundMs: number;
  /** Bound ÷ handler for each pair, by wall-clock time. */
  readonly ratio: Spread;
  /** The same by the CPU time of all threads, as on a single core. */
  readonly cpuRatio: Spread;
}

const WARM_UP = 15;

const [name = '', level = '', valueBytes = '', partitions = '', pairs = '', data = ''] =
  process.argv.slice(2);
const settings = planSettings({ compression: readCompression(name), level: Number(level) });

// The bound has always compressed there, so its ratios compare with earlier ones.
const inPool = { ...settings, ...({ compressOn: 'thread pool' } as const) };
const plan = createPlanner(settings, noEnrichment);
const text = fullEvent({
  valueBytes: Number(valueBytes),
  partitions: Number(partitions),
  data: readDataSet(data),
});
const { objects } = await handle();
const decompress = settings.compression === 'gzip' ? gunzipSync : zstdDecompressSync;
const lines = objects.map(({ body }) => decompress(body));
const values = Buffer.alloc(text.length);

function handle() {
  return plan(parseBatch(JSON.parse(text)));
}

/** The unavoidable work: parsing the event, decoding its values, compressing the lines. */
async function bound(): Promise<void> {
  const event: KafkaEvent = JSON.parse(text);
  let at = 0;
  for (const records of Object.values(event.records)) {
    for (const { value } of records) at += values.write(value ?? '', at, 'base64');
  }
  for (const body of lines) await compress(body, inPool);
}

/** Milliseconds. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

async function take(job: () => Promise<unknown>): Promise<Taken> {
  const [cpu, wall] = await timed(() => cpuOf(job));
  return { wall, cpu };
}

const taken: { readonly handler: Taken; readonly bound: Taken }[] = [];
for (let i = -Math.min(WARM_UP, Number(pairs)); i < Number(pairs); i++) {
  // Alternate the order, so that neither side always runs second.
  const isHandlerFirst = i % 2 === 0;
  const first = await take(isHandlerFirst ? handle : bound);
  const second = await take(isHandlerFirst ? bound : handle);
  if (i < 0) continue;
  taken.push(
    isHandlerFirst ? { handler: first, bound: second } : { handler: second, bound: first },
  );
}
const result: CaseResult = {
  records: objects.reduce((sum, object) => sum + object.records, 0),
  lineBytes: lines.reduce((sum, { length }) => sum + length, 0),
  objectBytes: objects.reduce((sum, { body }) => sum + body.length, 0),
  handlerMs: median(taken.map(({ handler }) => handler.wall)),
  boundMs: median(taken.map((each) => each.bound.wall)),
  ratio: spreadOf(taken.map((each) => each.bound.wall / each.handler.wall)),
  cpuRatio: spreadOf(taken.map((each) => each.bound.cpu / each.handler.cpu)),
};
console.log(JSON.stringify(result));
