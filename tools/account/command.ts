import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { consent, yesOption } from '../../cli/ask.ts';
import { awsOptions } from '../../cli/aws-clients.ts';
import { createCommand, NotDone } from '../../cli/command.ts';
import type { Machine } from '../../cli/machine.ts';
import { named } from '../../cli/options.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { parseClusterArn } from '../../lib/source/cluster-arn.ts';
import { costLines } from './cost.ts';
import { CommandFailed } from './runner.ts';
import type { StateStore, Target } from './state.ts';
import { commandLine, fillKnown, type Step, type Values } from './step.ts';
import { type Mode, VerificationError, type VerifyParts, verify } from './verify.ts';

/** The parts of a run that the command line does not provide. */
export type AccountParts = Pick<VerifyParts, 'revision' | 'steps' | 'writeRecord'> & {
  readonly storeOf: (stack: string) => StateStore;
  readonly executeFor: (target: {
    readonly region: string;
    readonly profile: string | undefined;
  }) => VerifyParts['execute'];
};

/** Creates `npm run verify:account --`. */
export function createVerifyCommand(machine: Machine, parts: AccountParts) {
  const { print, printError } = machine;
  return createCommand(
    'npm run verify:account --',
    'Settle in an AWS account what this project assumes of AWS: deploy small stacks, look, write a record, and remove everything.',
  )
    .addOption(named('--account <id>', 'account to use, 12 digits; the credentials must be for it'))
    .addOption(named('--region <name>', 'AWS region of the cluster'))
    .addOption(
      named('--cluster <arn>', 'MSK cluster with IAM access control, reachable from this machine'),
    )
    .addOption(
      new Option(
        '--stack <name>',
        'name of the stack and the topic to create; other stacks get names that begin with it',
      )
        .argParser(parseStack)
        .default('KafkaArchiveVerify'),
    )
    .addOption(awsOptions.profile)
    .option('--dry-run', 'print the steps, their commands and the costs, and call nothing')
    .addOption(
      new Option('--resume', 'continue the unfinished run of --stack').conflicts('destroyOnly'),
    )
    .option('--destroy-only', 'only remove what the unfinished run of --stack has left')
    .addOption(yesOption)
    .addHelpText('after', HELP)
    .action(async ({ destroyOnly, dryRun, profile, resume, stack, yes, ...flags }) => {
      if (dryRun) {
        const known = Object.entries({ ...flags, stack, topic: stack });
        const values = Object.fromEntries(known.filter(([, value]) => value !== undefined));
        for (const line of planLines(parts.steps, values as Values)) print(line);
        return;
      }
      const store = parts.storeOf(stack);
      const mode: Mode = destroyOnly ? 'destroy-only' : resume ? 'resume' : 'new';
      const unfinished = store.load();
      const target =
        mode === 'new' || unfinished !== undefined
          ? readTarget({ ...flags, stack }, mode === 'new' ? undefined : unfinished?.target)
          : undefined;
      try {
        const isDone = await verify(
          { mode, target },
          {
            ...{ ...machine, ...parts, store },
            confirm: consent({ ...machine, yes }),
            execute: parts.executeFor({ region: target?.region ?? '', profile }),
          },
        );
        if (!isDone) throw new NotDone();
      } catch (error) {
        if (!(error instanceof VerificationError || error instanceof CommandFailed)) throw error;
        printError(error.message);
        throw new NotDone();
      }
    });
}

const HELP = `
Run it where the brokers can be reached, with the AWS CLI (version 2) and rights to deploy. It asks before it
changes anything. Ctrl-C stops after the running command, and prints how to continue and how to remove what
exists.

Exit codes:
  0     every step was confirmed, and nothing is left
  1     a step was refuted or not settled, something is left, or you declined
  2     the command line is wrong
  130   stopped by Ctrl-C (143: by SIGTERM)

Example:
  npm run verify:account -- --account 111122223333 --region eu-west-1 --cluster ARN`;

/** The stack of the stream adds seven letters, and names of CloudFormation have at most 128. */
function parseStack(given: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,39}$/.test(given)) return given;
  throw new InvalidArgumentError(
    "It must be 1 to 40 letters, digits or '-', starting with a letter.",
  );
}

type Flags = Readonly<{ [Name in keyof Target]?: string | undefined }>;

/**
 * Reads where to work. An unfinished run knows it; flags that are given must agree with it.
 *
 * @throws {UsageError}
 */
function readTarget(flags: Flags, known: Target | undefined): Target {
  const names = ['account', 'region', 'cluster', 'stack'] as const;
  const [account, region, cluster, stack] = names.map((name) => {
    const value = flags[name] ?? known?.[name];
    if (value === undefined) throw new UsageError(`--${name} is required`);
    if (known === undefined || value === known[name]) return value;
    throw new UsageError(`--${name} must be that of the unfinished run, '${known[name]}'`);
  }) as [string, string, string, string];
  const arn = parseClusterArn(cluster);
  if (arn === undefined) {
    throw new UsageError(`--cluster must be the ARN of an MSK cluster, got '${cluster}'`);
  }
  if (arn.account !== account || arn.region !== region) {
    throw new UsageError(
      `--cluster must be in --account and --region, but is in ${arn.account}, ${arn.region}`,
    );
  }
  return { account, region, cluster, stack };
}

function* planLines(steps: readonly Step[], values: Values): Generator<string> {
  yield 'Nothing is called. {name} stands for a value that is known only during the run.';
  for (const [index, step] of steps.entries()) {
    yield '';
    yield `${index + 1}. ${step.id}: ${step.question}`;
    yield `   settles   ${step.settles.join(', ')}`;
    yield `   expected  ${step.expected}`;
    for (const { again, command, minutes = 15, until } of step.actions) {
      const wait = until === undefined ? '' : `    # repeated for up to ${minutes} minutes`;
      if (again !== undefined) yield `   $ ${fillKnown(commandLine(again), values)}`;
      yield `   $ ${fillKnown(commandLine(command), values)}${wait}`;
    }
  }
  yield '';
  yield* costLines;
}
