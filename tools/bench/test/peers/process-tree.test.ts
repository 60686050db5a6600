import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { descendants, ProcessTree } from '../../peers/process-tree.ts';

describe('descendants', () => {
  it('are a process, what it started, and what that started', () => {
    const stats = [
      [1, 0],
      [10, 1],
      [11, 10],
      [12, 11],
      [13, 10],
      [20, 1],
      [21, 20],
    ].map(([pid = 0, parent = 0]) => ({ pid, parent, cpuSeconds: 0, reapedSeconds: 0 }));
    expect(descendants(stats, 10).map(({ pid }) => pid)).toEqual([10, 11, 13, 12]);
    expect(descendants(stats, 99)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('ProcessTree', () => {
  it('counts the CPU of children, those that have ended too, and tells the function by its command', async () => {
    // Prepare: a shell with one child that has worked and ended, and one that is there and waits.
    const work = 'while (process.cpuUsage().user < 300_000);';
    const wait = "console.log('ready'); setInterval(() => {}, 1000); // the-function";
    const script = '"$1" -e "$2"; "$1" -e "$3" & wait';
    const child = spawn('sh', ['-c', script, 'sh', process.execPath, work, wait], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    await once(child.stdout, 'data');

    // Act
    const tree = new ProcessTree(child.pid ?? 0, (command) => command.includes('the-function'));
    const usage = tree.look();
    process.kill(-(child.pid ?? 0), 'SIGKILL');

    // Assess: the shell has "the-function" in its arguments as well.
    expect(usage.all.cpuSeconds).toBeGreaterThanOrEqual(0.25);
    expect(usage.all.peakBytes).toBeGreaterThan(20 * 2 ** 20);
    expect(usage.function.peakBytes).toBeGreaterThan(20 * 2 ** 20);
    expect(usage.function.peakBytes).toBeLessThanOrEqual(usage.all.peakBytes);
  });
});
