import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimeRange } from '../metrics/alarm-state.ts';
import { MetricData } from '../metrics/metric-data.ts';
import { SimulatedClock } from './clock.ts';
import { incidentsAt, isDuring } from './incidents.ts';
import { LocalStack, type LocalStackOptions } from './local-stack.ts';
import type { Scenario } from './scenario.ts';
import { oversizeRecord, Traffic } from './traffic.ts';

/** What is simulated. */
export interface SimulationOptions
  extends Pick<LocalStackOptions, 'bundle' | 'resources' | 'settings'> {
  readonly scenario: Scenario;
  /** Epoch milliseconds, those of a whole minute. */
  readonly start: number;
  /** Told how many minutes have passed. */
  readonly onMinute: (minute: number) => void;
}

/** What a simulation has come to. */
export interface SimulationResult {
  readonly data: MetricData;
  readonly range: TimeRange;
  /** Records that came. */
  readonly records: number;
}

const MINUTE_MS = 60_000;
/** Milliseconds of a step: records are produced, and queues are looked at, once in each. */
const STEP_MS = 5_000;

/**
 * Runs the bundled functions by a simulated clock: topics in memory, event source mappings, S3, SQS and
 * replay, as the emulator has them. All metrics are taken from that run.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const clockFile = join(folder, 'clock');
  const clock = new SimulatedClock(options.start, clockFile);
  const { scenario, start } = options;
  const minute = () => (clock.now() - start) / MINUTE_MS;
  const data = new MetricData();
  const stack = new LocalStack({
    ...{ ...options, topics: scenario.topics, clock, clockFile, folder, data },
    isThrottled: () => isDuring(scenario, 'throttled', minute()),
    isDenied: () => isDuring(scenario, 'puts denied', minute()),
  });
  try {
    await stack.start();
    const records = await runScenario(options, { stack, clock });
    await stack.readLogs();
    return { data, range: { start, end: clock.now() }, records };
  } finally {
    await stack.close();
    clock.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets the time of a scenario pass; resolves with the number of records that came. */
async function runScenario(
  { onMinute, scenario, start }: SimulationOptions,
  { clock, stack }: { readonly clock: SimulatedClock; readonly stack: LocalStack },
): Promise<number> {
  const traffic = scenario.topics.map((topic) => new Traffic(topic, start));
  const end = start + scenario.minutes * MINUTE_MS;
  let records = 0;
  for (let at = start; at < end; at += STEP_MS) {
    const minute = (at - start) / MINUTE_MS;
    for (const [index, topic] of stack.topics.entries()) {
      const due = [
        ...(traffic[index]?.between(at, at + STEP_MS) ?? []),
        ...incidentsAt(scenario, 'oversize', minute)
          .filter((incident) => incident.topic === topic.topic)
          .map(() => oversizeRecord(at)),
      ];
      for (const record of due) await topic.produce(record);
      records += due.length;
    }
    if (incidentsAt(scenario, 'redrive', minute).length > 0) await stack.redrive();
    await clock.advanceTo(at + STEP_MS);
    await stack.replayWaiting();
    if ((clock.now() - start) % MINUTE_MS !== 0) continue;
    stack.measure();
    onMinute((clock.now() - start) / MINUTE_MS);
  }
  return records;
}
