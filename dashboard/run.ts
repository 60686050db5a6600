import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { invalid } from '../cli/flags.ts';
import type { FunctionEntry } from '../lib/functions/bundle.ts';
import { parseSettings, type StackSettings } from '../lib/settings/settings.ts';
import { readDefinition } from './definition/definition.ts';
import { synthesize } from './definition/synthesize.ts';
import type { DashboardOptions } from './options.ts';
import { drawPicture, shownAlarms } from './picture/picture.ts';
import { RETRY_DELAY_MS } from './simulation/local-stack.ts';
import { describeScenario, type Scenario, TWO_HOURS } from './simulation/scenario.ts';
import { type SimulationResult, simulate } from './simulation/simulate.ts';

/** What a run needs from outside. */
export interface DashboardDeps {
  /** Makes a function's bundle, and tells its folder. */
  readonly bundle: (name: FunctionEntry) => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Replaces the last progress line. */
  readonly progress: (line: string) => void;
  /** What happens. @default - {@link TWO_HOURS} */
  readonly scenario?: Scenario;
}

const MINUTE_MS = 60_000;
/** The simulation ends where a period of the graphs does. */
const PERIOD_MS = 5 * MINUTE_MS;

/** A cluster that there is not: nothing but names comes of it. */
const CLUSTER_ARN =
  'arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3';

/**
 * Draws the dashboard with the metrics of a simulation that ends now.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` where the picture's file cannot be written
 * @throws {DashboardError} for what the picture does not know
 */
export async function runDashboard(
  { out }: DashboardOptions,
  { bundle, now, print, progress, scenario = TWO_HOURS }: DashboardDeps,
): Promise<void> {
  checkWritable(out);
  const settings = settingsOf(scenario, now());
  const definition = readDefinition(synthesize(settings));
  const start = Math.floor(now() / PERIOD_MS) * PERIOD_MS - scenario.minutes * MINUTE_MS;
  const { resources } = definition;
  const onMinute = (minute: number) =>
    progress(`simulated ${minute} of ${scenario.minutes} minutes`);
  const result = await simulate({ scenario, settings, resources, start, bundle, onMinute });
  const captions = {
    title: `${definition.name}, ${dayOf(start)} ${clockOf(start)}–${clockOf(result.range.end)} UTC, simulated`,
    notes: notesOf(scenario, settings, result),
  };
  writeFileSync(out, drawPicture(definition, result, captions));
  const alarms = shownAlarms(definition, result).filter(({ state }) => state !== 'OK');
  print(`${out}: ${definition.widgets.length} widgets, ${records(result)}`);
  for (const { name, state } of alarms) print(`alarm ${name}: ${state}`);
}

/** Those of the stack's defaults, but for a batch window that is no longer than the simulation's incidents. */
function settingsOf({ topics }: Scenario, now: number): StackSettings {
  return parseSettings(
    {
      clusterArn: CLUSTER_ARN,
      topics: topics.map(({ topic }) => topic),
      // Nothing is deployed.
      networkHas: ['brokers', 's3', 'services'],
      batchWindow: 60,
      expectedTrafficMinutes: 15,
    },
    { now: new Date(now) },
  );
}

function notesOf(
  scenario: Scenario,
  { batchWindow }: StackSettings,
  result: SimulationResult,
): readonly string[] {
  const { end, start } = result.range;
  const happened = describeScenario(scenario, (minute) => clockOf(start + minute * MINUTE_MS));
  const { minutes } = scenario;
  const pause = RETRY_DELAY_MS / 1000;
  return [
    ...happened.map((line) => `${line}.`),
    `Made by "npm run dashboard" on ${dayOf(end)}: the bundled functions in the emulator, with ${records(result)} in ${minutes} minutes of a simulated clock; batch window ${batchWindow} s, ${pause} s between tries of a batch.`,
    'Points are of five minutes, as the dashboard has them; after each label is the highest. Durations, and so GB-seconds, are those of the machine that ran it. "no data": there was none in the run.',
  ];
}

function records({ records: count }: SimulationResult): string {
  return `${count.toLocaleString('en-US')} records`;
}

function checkWritable(out: string): void {
  try {
    if (statSync(out, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
    accessSync(dirname(out), constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`cannot write --out '${out}': ${why}`);
  }
}

/** `2026-11-24`, in UTC. */
function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `09:05`, in UTC. */
function clockOf(time: number): string {
  return new Date(time).toISOString().slice(11, 16);
}
