#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
import { askOn } from '../cli/ask.ts';
import { replayHelp } from '../cli/replay/help.ts';
import { runReplayCli } from '../cli/replay/main.ts';
import { parseReplayOptions } from '../cli/replay/options.ts';
import { listenForStop } from '../cli/stop-signals.ts';
import { print, progressOn, refuse } from '../cli/terminal.ts';
import { ArchiverError } from '../lambda/core/errors.ts';

const { env, stderr, stdin, stdout } = process;
const stop = listenForStop();
const { signal } = stop;

// Of `show KEY --records | head`, which has seen enough.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const options = parseReplayOptions(process.argv.slice(2), Date.now());
  if (options === 'help') print(replayHelp.trimEnd());
  else {
    const isDone = await runReplayCli(options, {
      ...{ environment: env, now: Date.now, print, stop: signal },
      progress: stderr.isTTY ? progressOn(stderr) : () => undefined,
      ask: stdin.isTTY ? askOn({ input: stdin, output: stderr, signal }) : undefined,
      pause: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
      waitSeconds: 1,
    });
    if (!isDone) process.exitCode = 1;
  }
} catch (error) {
  refuse(error, ArchiverError);
}
if (signal.aborted) process.exitCode = stop.exitCode;
