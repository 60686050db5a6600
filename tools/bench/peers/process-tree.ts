import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessStat, parsePeakMemory, parseProcessStat } from './proc-text.ts';

/** What processes have taken so far. */
export interface Usage {
  /** User and system, of all threads; of children that have ended, too. */
  readonly cpuSeconds: number;
  /** The most that each process has held by itself (VmHWM), added up. Pages that several share count in each. */
  readonly peakBytes: number;
}

/** What a peer's processes have taken: all of them, and its function's alone where it has one. */
export interface TreeUsage {
  readonly all: Usage;
  readonly function: Usage;
}

/** Whether a process is one of the function's, by its command line with blanks between. */
export type IsFunction = (command: string) => boolean;

interface Seen {
  readonly isFunction: boolean;
  peakBytes: number;
}

/** A process and all that come of it, as Linux counts them in `/proc`. */
export class ProcessTree {
  readonly #root: number;
  readonly #isFunction: IsFunction;
  /** Those that have ended, too: their memory is told by nobody later. */
  readonly #seen = new Map<number, Seen>();

  constructor(root: number, isFunction: IsFunction) {
    this.#root = root;
    this.#isFunction = isFunction;
  }

  /** What they have taken until now. Each look also notes memory: a process that no look saw counts without. */
  look(): TreeUsage {
    const stats = this.#alive();
    for (const { pid } of stats) this.#note(pid);
    const isFunction = ({ pid }: ProcessStat) => this.#seen.get(pid)?.isFunction ?? false;
    return {
      all: { cpuSeconds: cpuOf(stats), peakBytes: this.#peak(() => true) },
      function: {
        cpuSeconds: cpuOf(stats.filter(isFunction)),
        peakBytes: this.#peak((each) => each.isFunction),
      },
    };
  }

  #alive(): ProcessStat[] {
    return descendants(readAll(), this.#root);
  }

  #note(pid: number): void {
    const peakBytes = parsePeakMemory(readProc(pid, 'status'));
    const seen = this.#seen.get(pid);
    if (seen !== undefined) seen.peakBytes = Math.max(seen.peakBytes, peakBytes);
    else {
      const command = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
      // Between fork and exec it has its parent's command line: of the function is who says so later.
      if (command !== '') this.#seen.set(pid, { isFunction: this.#isFunction(command), peakBytes });
    }
  }

  #peak(counts: (seen: Seen) => boolean): number {
    return [...this.#seen.values()]
      .filter(counts)
      .reduce((sum, { peakBytes }) => sum + peakBytes, 0);
  }
}

/** Of some processes, those that come of one of them, with itself. */
export function descendants(stats: readonly ProcessStat[], root: number): ProcessStat[] {
  const children = Map.groupBy(stats, ({ parent }) => parent);
  const found = stats.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function cpuOf(stats: readonly ProcessStat[]): number {
  return stats.reduce((sum, { cpuSeconds, reapedSeconds }) => sum + cpuSeconds + reapedSeconds, 0);
}

function readAll(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProc(Number(name), 'stat'))
    .filter((text) => text !== '')
    .map(parseProcessStat);
}

/** Empty for a process that has ended meanwhile. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
