import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print, progress } from '../../../cli/terminal.ts';
import { markdownTable } from '../common/markdown-table.ts';
import { runChild } from '../common/run-child.ts';
import { median } from '../common/sample.ts';
import { fullEvent, valueSizes } from '../events.ts';
import { goalSize } from './against-bound.ts';
import type { MemoryResult } from './memory.ts';
import { defaultCases, type HotPathShape } from './settings.ts';

const RUNS = 5;

/** Events of the process that shows whether memory grows. */
const EVENTS = 30;

/**
 * Prints how much more memory a process needs to archive events than to parse them.
 *
 * @returns MiB for the first event with values of {@link goalSize} and gzip, which has a goal
 */
export async function measureMemory({ data, partitions }: HotPathShape): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const rows: string[][] = [];
  let goal = Number.NaN;
  try {
    for (const [size, bytes] of Object.entries(valueSizes)) {
      const file = join(folder, 'event.json');
      writeFileSync(file, fullEvent({ valueBytes: bytes, partitions, data }));
      const parsed = await mostOf('parse', 0, file);
      for (const { compression, level } of defaultCases) {
        progress(`memory: ${size}, ${compression} ${level}`);
        const most = await mostOf(compression, level, file);
        const extra = most.afterFirst - parsed.afterFirst;
        if (size === goalSize && compression === 'gzip') goal = extra;
        rows.push([
          ...[size, `${compression} ${level}`],
          ...[extra, most.afterLast - parsed.afterLast].map((mib) => mib.toFixed(0)),
          ...[most.afterFirst, most.afterLast].map((mib) => mib.toFixed(0)),
        ]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  progress('');
  print(
    markdownTable(
      [
        ...['Values', 'Compression', 'Extra MiB, first event', `Extra MiB, ${EVENTS} events`],
        ...['All MiB, first event', `All MiB, ${EVENTS} events`],
      ],
      rows,
    ),
  );
  return goal;
}

/** The median over many processes for the first event, but one process for all events, because those take long. */
async function mostOf(how: string, level: number, file: string): Promise<MemoryResult> {
  const run = (events: number) =>
    runChild<MemoryResult>('hot-path/memory.ts', [how, level, file, events]);
  const long = await run(EVENTS);
  const first = [long.afterFirst];
  while (first.length < RUNS) first.push((await run(1)).afterFirst);
  return { afterFirst: median(first), afterLast: long.afterLast };
}
