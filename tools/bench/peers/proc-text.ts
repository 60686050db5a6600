/** Ticks of a second in `/proc`: USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What `/proc/PID/stat` says of a process. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Seconds of CPU, user and system, of all its threads. */
  readonly cpuSeconds: number;
  /** The same of its children that have ended and that it waited for, and of theirs. */
  readonly reapedSeconds: number;
}

/**
 * Reads the text of `/proc/PID/stat`: proc_pid_stat(5).
 *
 * @throws {SyntaxError} for anything else
 */
export function parseProcessStat(text: string): ProcessStat {
  // The name is in parentheses, and may have blanks and parentheses of its own.
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  // From the third field on, the state.
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const seconds = (first: number) => (field(first) + field(first + 1)) / TICKS_PER_SECOND;
  const stat = { pid, parent: field(4), cpuSeconds: seconds(14), reapedSeconds: seconds(16) };
  if (nameEnd < 0 || Object.values(stat).some(Number.isNaN)) {
    throw new SyntaxError(`not the text of /proc/PID/stat: '${text.trim()}'`);
  }
  return stat;
}

/**
 * The most memory that a process has held at a time, in bytes, from the text of `/proc/PID/status`; 0
 * for one that has ended, which holds none.
 */
export function parsePeakMemory(text: string): number {
  const [, kibibytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(text) ?? [];
  return Number(kibibytes) * 1024;
}
