/**
 * One case of the comparison with an earlier commit, in its own process: from an event's text to the last answered PUT,
 * with the sources of that commit and with these, in turns. Prints its result as JSON.
 *
 * @module
 */
import { join } from 'node:path';
import { settingRanges } from '../../../lambda/contract.ts';
import { cpuOf, median, type Spread, spreadOf, timed } from '../common/sample.ts';
import { useS3Server } from '../common/use-s3-server.ts';
import { fullEvent } from '../events.ts';
import { planSettings, readCompression, readDataSet } from './settings.ts';

/** What one side does for a batch. */
export interface BatchWork {
  /** Milliseconds of all threads, median. */
  readonly cpuMs: number;
  readonly puts: number;
  readonly objectBytes: number;
}

/** The result of a case. */
export interface CommitCaseResult {
  readonly before: BatchWork;
  readonly now: BatchWork;
  /** Bytes of all values. */
  readonly valueBytes: number;
  /** CPU of these sources ÷ CPU of the commit's, for each pair. */
  readonly cpuRatio: Spread;
  /** The same by the clock. */
  readonly ratio: Spread;
}

interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

interface Side {
  readonly work: Omit<BatchWork, 'cpuMs'>;
  readonly take: (folder: string) => Promise<Taken>;
}

const WARM_UP = 8;

const [revision = '', name = '', level = '', size = '', partitions = '', pairs = '', data = ''] =
  process.argv.slice(2);
const [endpoint = '', bucket = ''] = process.argv.slice(9);
const settings = planSettings({ compression: readCompression(name), level: Number(level) });
const text = fullEvent({
  valueBytes: Number(size),
  partitions: Number(partitions),
  data: readDataSet(data),
});
useS3Server(endpoint);

/** Loads planner and store from the sources in a folder. */
async function loadSide(root: string): Promise<Side> {
  const load = (file: string) => import(join(root, 'lambda', file));
  const { createPlanner }: typeof import('../../../lambda/core/object/archive-plan.ts') =
    await load('core/object/archive-plan.ts');
  const { noEnrichment }: typeof import('../../../lambda/core/record/enrichment.ts') = await load(
    'core/record/enrichment.ts',
  );
  const { parseBatch }: typeof import('../../../lambda/core/record/kafka-event.ts') = await load(
    'core/record/kafka-event.ts',
  );
  const io: typeof import('../../../lambda/io/s3-object-store.ts') =
    await load('io/s3-object-store.ts');
  const plan = createPlanner(settings, noEnrichment);
  const store = io.createS3ObjectStore(
    io.createS3Client({
      maxParallelPuts: settingRanges.maxParallelPuts.default,
      random: Math.random,
    }),
    { archiveBucket: bucket, storageClass: 'STANDARD' },
  );
  const signal = new AbortController().signal;
  const archive = async (folder: string) => {
    const { objects } = await plan(parseBatch(JSON.parse(text)));
    const options = { signal, attemptTimeout: 60_000 };
    // A new key each time, because the store refuses an existing one.
    await Promise.all(
      objects.map((object) => store.create({ ...object, key: `${folder}${object.key}` }, options)),
    );
    return objects.map(({ body }) => body.length);
  };
  const sizes = await archive(`${crypto.randomUUID()}/`);
  return {
    work: { puts: sizes.length, objectBytes: sizes.reduce((sum, bytes) => sum + bytes, 0) },
    async take(folder) {
      const [cpu, wall] = await timed(() => cpuOf(() => archive(folder)));
      return { wall, cpu };
    },
  };
}

/** Bytes of all values of the event. */
function sumOfValues(): number {
  const { records }: { records: Record<string, { value: string }[]> } = JSON.parse(text);
  const values = Object.values(records).flat();
  return values.reduce((sum, { value }) => sum + Buffer.byteLength(value, 'base64'), 0);
}

const before = await loadSide(revision);
const now = await loadSide(join(import.meta.dirname, '../../..'));
const taken: { readonly before: Taken; readonly now: Taken }[] = [];
for (let i = -Math.min(WARM_UP, Number(pairs)); i < Number(pairs); i++) {
  // Alternate the order, so that neither side always runs second.
  const isBeforeFirst = i % 2 === 0;
  const first = await (isBeforeFirst ? before : now).take(`${i}-1/`);
  const second = await (isBeforeFirst ? now : before).take(`${i}-2/`);
  if (i < 0) continue;
  taken.push(isBeforeFirst ? { before: first, now: second } : { before: second, now: first });
}
const result: CommitCaseResult = {
  before: { ...before.work, cpuMs: median(taken.map((each) => each.before.cpu)) },
  now: { ...now.work, cpuMs: median(taken.map((each) => each.now.cpu)) },
  valueBytes: sumOfValues(),
  cpuRatio: spreadOf(taken.map((each) => each.now.cpu / each.before.cpu)),
  ratio: spreadOf(taken.map((each) => each.now.wall / each.before.wall)),
};
console.log(JSON.stringify(result));
