#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
import { askOn } from '../cli/ask.ts';
import { openConsumerGroup } from '../cli/reset/consumer-group.ts';
import { resetHelp } from '../cli/reset/help.ts';
import { runResetCli } from '../cli/reset/main.ts';
import { parseResetOptions } from '../cli/reset/options.ts';
import { listenForStop } from '../cli/stop-signals.ts';
import { print, progressOn, refuse } from '../cli/terminal.ts';
import { ArchiverError } from '../lambda/core/errors.ts';

const { env, stderr, stdin, stdout } = process;
const stop = listenForStop();
const { signal } = stop;

// Of `--print-commands | head`, which has seen enough.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const options = parseResetOptions(process.argv.slice(2), env, Date.now());
  if (options === 'help') print(resetHelp.trimEnd());
  else {
    const isDone = await runResetCli(options, {
      ...{ environment: env, openGroup: openConsumerGroup, print, stop: signal },
      progress: progressOn(stderr),
      ask: stdin.isTTY ? askOn({ input: stdin, output: stderr, signal }) : undefined,
      pause: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    });
    if (!isDone) process.exitCode = 1;
  }
} catch (error) {
  refuse(error, ArchiverError);
}
if (signal.aborted) process.exitCode = stop.exitCode;
