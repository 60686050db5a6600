#!/usr/bin/env node
import { openConsumerGroup } from '../cli/reset/consumer-group.ts';
import { resetHelp } from '../cli/reset/help.ts';
import { runResetCli } from '../cli/reset/main.ts';
import { parseResetOptions } from '../cli/reset/options.ts';
import { runCommand } from '../cli/run-command.ts';
import { progressOn } from '../cli/terminal.ts';

const { argv, stderr } = process;

await runCommand(async (machine) => {
  const options = parseResetOptions(argv.slice(2), machine.environment, Date.now());
  if (options !== 'help') {
    const progress = progressOn(stderr);
    return runResetCli(options, { ...machine, openGroup: openConsumerGroup, progress });
  }
  machine.print(resetHelp.trimEnd());
  return true;
});
