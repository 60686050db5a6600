#!/usr/bin/env node
import { createArchiveCommand } from '../cli/archive-command.ts';
import { runOnMachine } from '../cli/machine.ts';

await runOnMachine((machine) => createArchiveCommand(machine));
