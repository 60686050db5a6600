import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOnMachine } from '../../cli/machine.ts';
import { createVerifyCommand } from './command.ts';
import { createKafkaTool } from './kafka.ts';
import { createExecute } from './machine.ts';
import { createStateStore } from './state-file.ts';
import { steps } from './steps/steps.ts';

const root = join(import.meta.dirname, '../..');

await runOnMachine((machine) =>
  createVerifyCommand(machine, {
    steps,
    storeOf: (stack) => createStateStore(join(root, 'verify-out', `${stack}.json`)),
    executeFor: ({ profile, region }) =>
      createExecute({
        ...{ region, profile, environment: machine.environment },
        kafka: createKafkaTool({ region, profile }),
      }),
    revision: () =>
      execFileSync('git', ['describe', '--always', '--dirty'], {
        cwd: root,
        encoding: 'utf8',
      }).trim(),
    writeRecord(name, page) {
      const file = join('docs', 'verified', `${name}.md`);
      mkdirSync(join(root, 'docs', 'verified'), { recursive: true });
      writeFileSync(join(root, file), page);
      return file;
    },
  }),
);
