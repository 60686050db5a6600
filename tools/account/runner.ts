import {
  type Answer,
  aws,
  CANNOT_ASSUME_ROLE,
  type Command,
  type Failure,
  fillCommand,
  type Values,
} from './step.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 15_000;

/** How long {@link Runner.poll} waits, in minutes. ASSUMED: Lambda and CloudFormation need less; not documented. */
const POLL_MINUTES = 30;

/**
 * How long a role that cannot be assumed is tried again, in minutes, since changes of IAM take effect with a delay.
 * ASSUMED: no longer than that; https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html states no maximum.
 */
const ROLE_MINUTES = 1;

/** A command failed in a way that its caller did not expect. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly failure: Failure;

  constructor(what: string, failure: Failure) {
    super(`${what}: ${failure.code}: ${failure.message}`);
    this.failure = failure;
  }
}

/** What runs commands, and the time. A test replaces it by an account in memory. */
export interface RunnerParts {
  /** Runs one command, to its end even if the user stops the tool: a second Ctrl-C ends the tool alone. */
  readonly execute: (command: Command) => Promise<Answer>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly progress: (line: string) => void;
  readonly stop: AbortSignal;
}

/** Runs commands with the values of a run filled in. */
export interface Runner {
  readonly progress: (line: string) => void;
  /**
   * Returns how a command ended. A role that cannot be assumed is tried again for a minute.
   *
   * @throws {MissingValue}
   */
  answer(command: Command): Promise<Answer>;
  /**
   * Returns the output of a command, undefined after a failure with one of these codes.
   *
   * @throws {CommandFailed} after any other failure; {@link MissingValue}
   */
  expect(command: Command, fine?: readonly string[]): Promise<unknown>;
  /** Looks until a look returns true. @returns whether one did within the time */
  look(minutes: number, what: string, once: () => Promise<boolean>): Promise<boolean>;
  /** The same, for something that must occur. @throws {CommandFailed} after half an hour */
  poll(what: string, once: () => Promise<boolean>): Promise<void>;
  /** Waits until CloudFormation is not working on a stack, as it may be after the tool was killed. */
  settle(stack: string): Promise<void>;
}

/** Creates a runner. Each call ends with the reason of the signal once the user has stopped the tool. */
export function createRunner(parts: RunnerParts, values: () => Values): Runner {
  const { execute, now, pause, progress, stop } = parts;
  const runner: Runner = {
    progress,
    async answer(command) {
      stop.throwIfAborted();
      let answer!: Answer;
      await runner.look(ROLE_MINUTES, 'the role of the probe', async () => {
        answer = await execute(
          fillCommand(command, { ...values(), now: new Date(now()).toISOString() }),
        );
        return answer.ok || answer.code !== CANNOT_ASSUME_ROLE;
      });
      return answer;
    },
    async expect(command, fine = []) {
      const answer = await runner.answer(command);
      if (answer.ok) return answer.output;
      if (fine.includes(answer.code)) return undefined;
      throw new CommandFailed(`${command.program} ${command.args.slice(0, 2).join(' ')}`, answer);
    },
    async look(minutes, what, once) {
      const deadline = now() + minutes * 60_000;
      for (;;) {
        if (await once()) return true;
        if (now() >= deadline) return false;
        progress(`waiting for ${what}`);
        await pause(LOOK_MS, stop);
        stop.throwIfAborted();
      }
    },
    async poll(what, once) {
      if (await runner.look(POLL_MINUTES, what, once)) return;
      const message = `no result after ${POLL_MINUTES} minutes`;
      throw new CommandFailed(`waiting for ${what}`, { code: 'TimedOut', message });
    },
    async settle(stack) {
      const command = aws(`cloudformation describe-stacks --stack-name ${stack}`, {
        query: 'Stacks[0].StackStatus',
      });
      await runner.poll(`CloudFormation to finish its work on ${stack}`, async () => {
        const status = await runner.expect(command, ['ValidationError']);
        return !String(status).endsWith('_IN_PROGRESS');
      });
    },
  };
  return runner;
}
