import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '../../local/log-file.ts';
import type { Peer, PeerTask } from './peer.ts';
import { ProcessTree, type TreeUsage } from './process-tree.ts';

/** Milliseconds between two samples of memory. */
const SAMPLE_MS = 500;
/** Milliseconds that a peer has to exit after SIGTERM. */
const EXIT_MS = 20_000;

/** Bytes of a log that an error quotes. */
const QUOTED_BYTES = 1500;

const running = new Set<RunningPeer>();
process.on('exit', () => {
  for (const peer of running) peer.kill();
});

/** A running peer with the processes that it starts. None of them outlives this process. */
export class RunningPeer {
  readonly #tree: ProcessTree;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<void>;
  readonly #sampling: NodeJS.Timeout;
  #failure: string | undefined;

  /** @throws {Error} if the log cannot be opened */
  constructor(peer: Peer, task: PeerTask) {
    const { args, env, program } = peer.command(task);
    this.#log = join(task.folder, 'output.log');
    const log = openLog(this.#log);
    this.#child = spawn(program, [...args], {
      cwd: task.folder,
      // Ctrl-C reaches the bench only, which then stops the peer.
      detached: true,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log, { end: false });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', ({ message }) => this.#end(message, resolve));
      this.#child.once('exit', (code, signal) =>
        this.#end(`exited with ${signal ?? code}`, resolve),
      );
    });
    this.#tree = new ProcessTree(this.#child.pid ?? 0, peer.isFunction ?? (() => false));
    this.#sampling = setInterval(() => this.#tree.look(), SAMPLE_MS);
    running.add(this);
  }

  /** Usage of its processes until now. */
  usage(): TreeUsage {
    return this.#tree.look();
  }

  /** @throws {Error} with the end of its log, if it has exited */
  checkRuns(): void {
    if (this.#failure !== undefined) throw new Error(`${this.#failure}: ${this.lastWords()}`);
  }

  /** The end of its output, in one line. */
  lastWords(): string {
    const text = readFileSync(this.#log, 'utf8').slice(-QUOTED_BYTES);
    return text.trim().replaceAll(/\s*\n\s*/g, ' / ');
  }

  /** Stops it: SIGTERM first, then SIGKILL for what is left. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await Promise.race([this.#ended, sleep(EXIT_MS, undefined, { ref: false })]);
    this.kill();
    await this.#ended;
  }

  /** Kills it and everything that it has started: they are one process group. */
  kill(): void {
    try {
      process.kill(-(this.#child.pid ?? Number.NaN), 'SIGKILL');
    } catch {
      // Nothing is left to kill.
    }
  }

  #end(failure: string, resolve: () => void): void {
    this.#failure ??= failure;
    clearInterval(this.#sampling);
    running.delete(this);
    resolve();
  }
}
