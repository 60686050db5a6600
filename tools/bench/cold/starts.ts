import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { transformSync } from 'esbuild';
import {
  type FunctionConfiguration,
  functionEnvironment,
  memoryFlags,
} from '../../local/lambda/execution-environment.ts';

/** Milliseconds of one start, counted from the spawn of the process. */
export interface Start {
  /** Until the handler is loaded. */
  readonly initialised: number;
  /** Until the handler has returned, after its first PUT. */
  readonly answered: number;
}

/** The parts of a start; file names are absolute. */
export interface StartPlan {
  readonly configuration: FunctionConfiguration;
  /** The file that {@link writeRuntime} wrote. */
  readonly runtime: string;
  /** The file with the JSON text of the event. */
  readonly event: string;
  /** Variables in addition to the function's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Writes the runtime without its types into a folder, and returns the file. */
export function writeRuntime(folder: string): string {
  const source = readFileSync(join(import.meta.dirname, 'one-invocation.ts'), 'utf8');
  const file = join(folder, 'runtime.mjs');
  writeFileSync(file, transformSync(source, { loader: 'ts', format: 'esm' }).code);
  return file;
}

/**
 * Starts a function in its own process, with the flags and the environment of the local function, and invokes it
 * once.
 */
export async function startFunction(plan: StartPlan): Promise<Start> {
  const { configuration, environment, event, runtime } = plan;
  const args = [...memoryFlags(configuration.memoryMiB), runtime];
  const env = {
    ...functionEnvironment(configuration, ''),
    ...environment,
    BENCH_EVENT: event,
  };
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    ...{ cwd: configuration.codeFolder, env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const reported = new Map<string, number>();
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (lines: string) => {
    for (const line of lines.trim().split('\n')) reported.set(line, performance.now() - started);
  });
  const problem = text(child.stderr as Readable);
  await ended(child);
  const [initialised, answered] = [reported.get('initialised'), reported.get('answered')];
  if (initialised === undefined || answered === undefined) {
    throw new Error(`the function did not start: ${await problem}`);
  }
  return { initialised, answered };
}

/** The lifetime in milliseconds of a process that does nothing, with the flags of a function of this size. */
export async function startNothing(memoryMiB: number): Promise<number> {
  const options: SpawnOptions = { env: { PATH: process.env.PATH }, stdio: 'ignore' };
  const started = performance.now();
  await ended(spawn(process.execPath, [...memoryFlags(memoryMiB), '-e', '0'], options));
  return performance.now() - started;
}

/** Resolves when the process has ended and its output has been read. */
async function ended(child: ChildProcess): Promise<void> {
  await once(child, 'close');
}
