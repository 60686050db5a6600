/**
 * One case of the benchmark, in a process of its own: the handler's way from an event's text to the
 * compressed objects, against the bound, in turns. Prints its result as JSON.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionLevels } from '../lambda/contract.ts';
import { createPlanner } from '../lambda/core/archive-plan.ts';
import { compress } from '../lambda/core/compression.ts';
import { noEnrichment } from '../lambda/core/enrichment.ts';
import { type KafkaEvent, parseBatch } from '../lambda/core/kafka-event.ts';
import { fullEvent } from './events.ts';

/** What a case found: milliseconds are medians, of as many pairs as `pairs`. */
export interface StageResult {
  readonly eventBytes: number;
  readonly lineBytes: number;
  readonly records: number;
  readonly pairs: number;
  readonly pipelineMs: number;
  readonly boundMs: number;
  /** Median over the pairs of bound ÷ pipeline, and the middle half of them. */
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

const WARM_UP = 15;

const [valueBytes = 1_000, pairs = 40] = process.argv.slice(3).map(Number);
const compression = process.argv[2] === 'zstd' ? 'zstd' : 'gzip';
const settings = {
  objectPrefix: 'shop/',
  timeFolder: 'hour',
  metadata: { env: 'prod' },
  compression,
  level: compressionLevels[compression].default,
} as const;

const plan = createPlanner(settings, noEnrichment);
const text = fullEvent(valueBytes);
const { objects } = await pipeline();
const decompress = compression === 'gzip' ? gunzipSync : zstdDecompressSync;
const lines = objects.map(({ body }) => decompress(body));
const values = Buffer.alloc(text.length);

function pipeline() {
  return plan(parseBatch(JSON.parse(text)));
}

/** What cannot be spared: reading the event, decoding its values, compressing the lines. */
async function bound(): Promise<void> {
  const event: KafkaEvent = JSON.parse(text);
  let at = 0;
  for (const records of Object.values(event.records)) {
    for (const { value } of records) at += values.write(value ?? '', at, 'base64');
  }
  for (const body of lines) await compress(body, settings);
}

async function time(job: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await job();
  return performance.now() - started;
}

function quantile(sample: readonly number[], share: number): number {
  return [...sample].sort((a, b) => a - b)[Math.floor((sample.length - 1) * share)] ?? Number.NaN;
}

const pipelineTimes: number[] = [];
const boundTimes: number[] = [];
for (let i = -WARM_UP; i < pairs; i++) {
  // In turns, so that neither is always the one after the other.
  const first = i % 2 === 0 ? await time(pipeline) : await time(bound);
  const second = i % 2 === 0 ? await time(bound) : await time(pipeline);
  if (i < 0) continue;
  pipelineTimes.push(i % 2 === 0 ? first : second);
  boundTimes.push(i % 2 === 0 ? second : first);
}
const ratios = pipelineTimes.map((ms, i) => (boundTimes[i] ?? Number.NaN) / ms);
const result: StageResult = {
  eventBytes: text.length,
  lineBytes: lines.reduce((sum, { length }) => sum + length, 0),
  records: objects.reduce((sum, object) => sum + object.records, 0),
  pairs,
  pipelineMs: quantile(pipelineTimes, 0.5),
  boundMs: quantile(boundTimes, 0.5),
  ratio: quantile(ratios, 0.5),
  ratioLow: quantile(ratios, 0.25),
  ratioHigh: quantile(ratios, 0.75),
};
console.log(JSON.stringify(result));
