#!/usr/bin/env node
import { replayHelp } from '../cli/replay/help.ts';
import { runReplayCli } from '../cli/replay/main.ts';
import { parseReplayOptions } from '../cli/replay/options.ts';
import { runCommand } from '../cli/run-command.ts';
import { progressOn } from '../cli/terminal.ts';

const { argv, stderr } = process;

await runCommand(async (machine) => {
  const options = parseReplayOptions(argv.slice(2), Date.now());
  if (options !== 'help') {
    const progress = stderr.isTTY ? progressOn(stderr) : () => undefined;
    return runReplayCli(options, { ...machine, now: Date.now, progress, waitSeconds: 1 });
  }
  machine.print(replayHelp.trimEnd());
  return true;
});
