import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readDefinition } from '../../dashboard/definition/definition.ts';
import { synthesize } from '../../dashboard/definition/synthesize.ts';
import type { MetricId } from '../../dashboard/metrics/metric-data.ts';
import { runDashboard } from '../../dashboard/run.ts';
import type { Scenario } from '../../dashboard/simulation/scenario.ts';
import { type SimulationResult, simulate } from '../../dashboard/simulation/simulate.ts';
import { METRIC_NAMESPACE } from '../../lambda/contract.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { parse } from '../lib/settings-fixture.ts';

const start = Date.UTC(2026, 10, 24, 9);
const MINUTE = 60_000;

const scenario: Scenario = {
  minutes: 20,
  topics: [{ topic: 'orders', partitions: 1, recordsPerMinute: 12, valueBytes: 100 }],
  incidents: [
    { kind: 'throttled', from: 3, to: 6 },
    { kind: 'puts denied', from: 8, to: 12 },
    { kind: 'redrive', at: 14 },
    { kind: 'oversize', at: 16, topic: 'orders' },
  ],
};

const settings = parse({ topics: 'orders', batchWindow: 60 });
const { resources } = readDefinition(synthesize(settings));
const minutes: number[] = [];

let result: SimulationResult;

beforeAll(async () => {
  const onMinute = (minute: number) => minutes.push(minute);
  const bundle = bundleFunction;
  result = await simulate({ scenario, settings, resources, start, bundle, onMinute });
}, 60_000);

/** The values of a metric by the minute, where there are any. */
function byMinute(metric: MetricId, statistic = 'Sum'): Record<number, number> {
  const points = result.data.points(metric, { period: 60, statistic });
  return Object.fromEntries([...points].map(([at, value]) => [(at - start) / MINUTE, value]));
}

const own = (name: string, dimensions: Record<string, string>): MetricId => ({
  ...{ namespace: METRIC_NAMESPACE, name },
  dimensions: { service: 'KafkaArchive', ...dimensions },
});
const lambda = (name: string, FunctionName: string): MetricId => {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName } };
};
const queue = (name: string, QueueName: string): MetricId => {
  return { namespace: 'AWS/SQS', name, dimensions: { QueueName } };
};

/** Those of a metric that are not 0, by the minute. */
function nonZero(metric: MetricId, statistic?: string): Record<number, number> {
  const values = Object.entries(byMinute(metric, statistic));
  return Object.fromEntries(values.filter(([, value]) => value !== 0));
}

const { archiveFunction, deadLetterQueue, replayFunction, replayQueue } = resources;
const orders = { topic: 'orders' };

describe('the dashboard’s simulation', () => {
  it('lasts as long as its scenario, minute by minute', () => {
    expect(result.range).toEqual({ start, end: start + 20 * MINUTE });
    expect(minutes).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('has the functions emit their metrics, by its clock', () => {
    expect(byMinute(own('Records', orders))).toEqual({
      ...{ 1: 12, 2: 12, 6: 13, 7: 54, 8: 84, 9: 70, 10: 76, 11: 228, 12: 38, 13: 35 },
      ...{ 14: 15, 15: 15, 16: 16, 17: 14, 18: 15, 19: 15, 20: 14 },
    });
    // A window, and twice the incident before.
    const ages = byMinute(own('OldestRecordAge', {}), 'Maximum');
    expect([ages[1], ages[6], ages[12], ages[20]]).toEqual([60_000, 240_000, 240_000, 60_000]);
  });

  it('tells of throttled invocations, and how far behind they leave the archive', () => {
    const throttles = nonZero(lambda('Throttles', archiveFunction));
    expect(throttles).toEqual({ 3: 6, 4: 6, 5: 6 });
    const lag = byMinute(lambda('OffsetLag', archiveFunction), 'Maximum');
    expect([2, 3, 4, 5, 6, 7].map((minute) => lag[minute])).toEqual([0, 13, 26, 39, 40, 0]);
  });

  it('tells of puts that are denied: eleven tries of one batch, and eight of the next', () => {
    const errors = { 8: 6, 9: 5, 10: 2, 11: 6 };
    expect(nonZero(lambda('Errors', archiveFunction))).toEqual(errors);
    expect(nonZero(own('FailedObjects', orders))).toEqual(errors);
    expect(nonZero(lambda('DestinationDeliveryFailures', archiveFunction))).toEqual({});
  });

  it('tells what becomes of failed batches', () => {
    const delayed = queue('ApproximateNumberOfMessagesDelayed', replayQueue);
    expect(nonZero(delayed, 'Maximum')).toEqual({ 10: 1 });
    const dead = queue('ApproximateNumberOfMessagesVisible', deadLetterQueue);
    expect(nonZero(dead, 'Maximum')).toEqual({
      11: 1,
      12: 1,
      13: 1,
      14: 1,
      17: 1,
      18: 1,
      19: 1,
      20: 1,
    });
    expect(nonZero(own('DeadLetters', { reason: 'STORE_WRITE_FAILED' }))).toEqual({ 10: 1 });
    expect(nonZero(own('DeadLetters', { reason: 'NO_PAYLOAD' }))).toEqual({ 17: 1 });
    expect(nonZero(own('ReplayedBatches', orders))).toEqual({ 15: 1 });
    expect(nonZero(lambda('Invocations', replayFunction))).toEqual({ 10: 1, 15: 1, 17: 1 });
  });

  it('archives each record once, but for the one that is dead', () => {
    const sum = (metric: MetricId) =>
      Object.values(byMinute(metric)).reduce((total, each) => total + each, 0);
    const failedTries = 11 * 14 + 8 * 38;
    const archived = sum(own('Records', orders)) - failedTries;
    expect(archived + sum(own('ReplayedRecords', orders)) + 1).toBe(result.records);
    expect(sum(own('KeyConflicts', {})) + sum(own('AlreadyStored', orders))).toBe(0);
  });
});

describe('npm run dashboard', () => {
  it('draws what was measured, and says which alarms there are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'picture-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const out = join(folder, 'picture.svg');
    const printed: string[] = [];
    const progress: string[] = [];
    await runDashboard(
      { out },
      {
        bundle: bundleFunction,
        now: () => start + 10 * MINUTE + 59_999,
        print: (line) => printed.push(line),
        progress: (line) => progress.push(line),
        scenario: {
          ...{ minutes: 10, topics: scenario.topics },
          incidents: [{ kind: 'oversize', at: 2, topic: 'orders' }],
        },
      },
    );
    expect(printed).toEqual([
      `${out}: 13 widgets, 135 records`,
      'alarm KafkaArchive-dead-letter: ALARM',
    ]);
    expect(progress.at(-1)).toBe('simulated 10 of 10 minutes');
    const picture = readFileSync(out, 'utf8');
    for (const text of [
      ...['KafkaArchive, 2026-11-24 09:00–09:10 UTC, simulated', 'Is it healthy?'],
      ...['orders: max 69', 'NO_PAYLOAD: max 1', 'dead: max 1', 'archive errors: max 0'],
      '09:02 a record of orders is over the payload limit.',
    ]) {
      expect(picture).toContain(`>${text}</text>`);
    }
  });

  it.each([
    [['--help'], 0, /^Draws the stack's dashboard/, /^$/],
    [
      ['--out', 'no/such/folder/x.svg'],
      2,
      /^$/,
      /^cannot write --out 'no\/such[^\n]*; see --help\n$/,
    ],
  ])('answers %j with exit code %i and no stack trace', async (args, code, stdout, stderr) => {
    const command = join(import.meta.dirname, '../../bin/dashboard.ts');
    const run = promisify(execFile)(process.execPath, [command, ...args]);
    const ended = await run.then((out) => ({ ...out, code: 0 })).catch((error) => error);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toMatch(stdout);
    expect(ended.stderr).toMatch(stderr);
  });
});
