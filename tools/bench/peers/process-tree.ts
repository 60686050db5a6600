import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second in `/proc`: USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Resources that processes have used so far. */
export interface Usage {
  /** User and system time of all threads, including those of children that have ended. */
  readonly cpuSeconds: number;
  /** The peak memory (VmHWM) of each process, added up. Shared pages count in each process. */
  readonly peakBytes: number;
}

/** Usage of all of a peer's processes, and of its function's processes where it has a function. */
export interface TreeUsage {
  readonly all: Usage;
  readonly function: Usage;
}

/** Tells from a command line, its arguments separated by spaces, whether a process belongs to the function. */
export type IsFunction = (command: string) => boolean;

interface Seen {
  readonly isFunction: boolean;
  peakBytes: number;
}

/** A process and its descendants, as Linux lists them in `/proc`. */
export class ProcessTree {
  readonly #root: number;
  readonly #isFunction: IsFunction;
  /** Includes processes that have ended: their memory can no longer be read. */
  readonly #seen = new Map<number, Seen>();

  constructor(root: number, isFunction: IsFunction) {
    this.#root = root;
    this.#isFunction = isFunction;
  }

  /** Usage until now. Each call also samples memory; a process that lived between two calls adds none. */
  look(): TreeUsage {
    const stats = descendants(readAll(), this.#root);
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

  #note(pid: number): void {
    const peakBytes = parsePeakMemory(readProc(pid, 'status'));
    const seen = this.#seen.get(pid);
    if (seen !== undefined) {
      seen.peakBytes = Math.max(seen.peakBytes, peakBytes);
      return;
    }
    const command = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
    // Between fork and exec a process has no command line of its own; the next look classifies it.
    if (command !== '') this.#seen.set(pid, { isFunction: this.#isFunction(command), peakBytes });
  }

  #peak(counts: (seen: Seen) => boolean): number {
    return [...this.#seen.values()]
      .filter(counts)
      .reduce((sum, { peakBytes }) => sum + peakBytes, 0);
  }
}

function descendants(stats: readonly ProcessStat[], root: number): ProcessStat[] {
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

/** The fields of `/proc/PID/stat` that the bench uses. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** The same for children that have ended and been waited for, and for their children. */
  readonly reapedSeconds: number;
}

/**
 * Parses `/proc/PID/stat`: proc_pid_stat(5).
 *
 * @throws {SyntaxError} for any other text
 */
export function parseProcessStat(text: string): ProcessStat {
  // The name is in parentheses, and may contain spaces and parentheses itself.
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(nameEnd + 2).split(' ');
  // Fields are numbered from 1; the first after the name is the third.
  const field = (number: number) => Number(fields[number - 3]);
  const seconds = (first: number) => (field(first) + field(first + 1)) / TICKS_PER_SECOND;
  const stat = { pid, parent: field(4), cpuSeconds: seconds(14), reapedSeconds: seconds(16) };
  if (nameEnd < 0 || Object.values(stat).some(Number.isNaN)) {
    throw new SyntaxError(`not the text of /proc/PID/stat: '${text.trim()}'`);
  }
  return stat;
}

/** The peak memory of a process in bytes, from `/proc/PID/status`; 0 for one that has ended. */
export function parsePeakMemory(text: string): number {
  const [, kibibytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(text) ?? [];
  return Number(kibibytes) * 1024;
}
