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

/** Milliseconds of one start, from the spawn of the process. */
export interface Start {
  /** Until the module is loaded and the handler there. */
  readonly initialised: number;
  /** Until the first put is answered and the handler has returned. */
  readonly answered: number;
}

/** What makes a start; file names are absolute. */
export interface StartPlan {
  readonly configuration: FunctionConfiguration;
  /** The runtime, from {@link writeRuntime}. */
  readonly runtime: string;
  /** JSON text of the event. */
  readonly event: string;
  /** Variables besides those that the function has. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Writes the runtime into a folder, without its types, and returns its file. */
export function writeRuntime(folder: string): string {
  const source = readFileSync(join(import.meta.dirname, 'one-invocation.ts'), 'utf8');
  const file = join(folder, 'runtime.mjs');
  writeFileSync(file, transformSync(source, { loader: 'ts', format: 'esm' }).code);
  return file;
}

/**
 * Starts a function in a process of its own, with the flags and the environment that the emulator gives it,
 * and invokes it once.
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
  const told = new Map<string, number>();
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (lines: string) => {
    for (const line of lines.trim().split('\n')) told.set(line, performance.now() - started);
  });
  const problem = text(child.stderr as Readable);
  await ended(child);
  const [initialised, answered] = [told.get('initialised'), told.get('answered')];
  if (initialised === undefined || answered === undefined) {
    throw new Error(`the function did not start: ${await problem}`);
  }
  return { initialised, answered };
}

/** Milliseconds that a process lives that does nothing, with the flags of a function with so much memory. */
export async function startNothing(memoryMiB: number): Promise<number> {
  const options: SpawnOptions = { env: { PATH: process.env.PATH }, stdio: 'ignore' };
  const started = performance.now();
  await ended(spawn(process.execPath, [...memoryFlags(memoryMiB), '-e', '0'], options));
  return performance.now() - started;
}

/** Resolves when all that it printed is read. */
async function ended(child: ChildProcess): Promise<void> {
  await once(child, 'close');
}
