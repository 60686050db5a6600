import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parsePeakMemory, parseProcessStat } from '../../peers/proc-text.ts';

/** As Linux writes it: utime 250, stime 50, cutime 1000, cstime 200 ticks. */
function statOf(name: string): string {
  return `4242 (${name}) S 17 4242 4242 0 -1 4194304 1 2 3 4 250 50 1000 200 20 0 12 0 999 5 6\n`;
}

describe('parseProcessStat', () => {
  it.each(['node', 'tmux: server', 'a) R 1 (b', ''])('reads a process of the name %j', (name) => {
    expect(parseProcessStat(statOf(name))).toEqual({
      pid: 4242,
      parent: 17,
      cpuSeconds: 3,
      reapedSeconds: 12,
    });
  });

  it.each(['', 'nothing', '12 (node)'])('refuses %j', (text) => {
    expect(() => parseProcessStat(text)).toThrow(SyntaxError);
  });

  it.runIf(process.platform === 'linux')('reads this process', () => {
    const { cpuSeconds, parent, pid } = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
    expect([pid, parent]).toEqual([process.pid, process.ppid]);
    expect(cpuSeconds).toBeGreaterThan(0);
  });
});

describe('parsePeakMemory', () => {
  it('reads the most that a process has held, in bytes', () => {
    const text = 'Name:\tnode\nVmPeak:\t  999999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n';
    expect(parsePeakMemory(text)).toBe(2 * 2 ** 20);
  });

  it('is 0 for a process that has ended', () => {
    expect(parsePeakMemory('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
  });
});
