#!/usr/bin/env node
import './require-node.mjs';

// Only now: an older Node fails while it links these, before any of their code runs.
const { createArchiveCommand } = await import('../cli/archive-command.ts');
const { runOnMachine } = await import('../cli/machine.ts');

await runOnMachine((machine) => createArchiveCommand(machine));
