/**
 * Runs resets with the Lambda server of one test and a group in memory, and captures the output.
 *
 * @module
 */

import { onTestFinished } from 'vitest';
import { createArchiveCommand } from '../../../cli/archive-command.ts';
import { run as runCommand } from '../../../cli/command.ts';
import type { Machine } from '../../../cli/machine.ts';
import type { OpenGroup } from '../../../cli/reset/reset.ts';
import type {
  ConsumerGroup,
  ConsumerGroupOptions,
  OffsetTarget,
  Position,
} from '../../../kafka/consumer-group.ts';
import { type FakeMapping, type LambdaOptions, startLambda } from '../mapping/lambda-server.ts';

/** The time of the command line. */
export const now = Date.parse('2026-11-24T12:00:00Z');

export const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

/** The mapping from the topic 'orders' to version 7 of the function. */
export function ordersMapping(given: Partial<FakeMapping> = {}): FakeMapping {
  return {
    UUID: uuid,
    FunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:archive:7',
    EventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-1',
    Topics: ['orders'],
    State: 'Enabled',
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'shop-orders' },
    ...given,
  };
}

/** Behaviour of a group in memory. */
export interface MemoryGroupOptions {
  /** Log and committed offset of each partition. */
  readonly positions: readonly Position[];
  readonly targets: readonly number[];
  /** Number of members at each call; none after the last. */
  readonly members?: readonly number[];
  /** Thrown by the commit. */
  readonly refusal?: Error;
  /** Offsets that a commit stores in place of those it is given. */
  readonly left?: readonly number[];
  /** Number of commits that are refused because of members that are not counted. @default 0 */
  readonly refused?: number;
}

/** Creates a group in memory that writes the calls into a journal. */
export function memoryGroup(options: MemoryGroupOptions, journal: string[]) {
  const members = [...(options.members ?? [])];
  let positions = options.positions;
  let refused = options.refused ?? 0;
  const targets: OffsetTarget[] = [];
  const group: ConsumerGroup = {
    positions: async () => positions,
    async offsetsAt(target) {
      targets.push(target);
      return new Map(options.targets.entries());
    },
    async memberCount() {
      const count = members.shift() ?? 0;
      journal.push(`members ${count}`);
      return count;
    },
    async commit(offsets) {
      journal.push(`commit ${[...offsets].map((each) => each.join(':')).join(' ')}`);
      if (options.refusal !== undefined) throw options.refusal;
      if (refused > 0) {
        refused -= 1;
        return false;
      }
      positions = positions.map((each) => ({
        ...each,
        committed: options.left?.[each.partition] ?? offsets.get(each.partition),
      }));
      return true;
    },
    async close() {
      journal.push('close');
    },
  };
  /** Commits as the members of the group do until the mapping is disabled. */
  const advance = (partition: number, committed: number) => {
    positions = positions.map((each) =>
      each.partition === partition ? { ...each, committed } : each,
    );
  };
  return { group, advance, targets };
}

/** Two partitions: the group has read all of one and half of the other. */
export const half: MemoryGroupOptions = {
  positions: [
    { partition: 0, begin: 0, end: 100, committed: 100 },
    { partition: 1, begin: 10, end: 100, committed: 50 },
  ],
  targets: [40, 40],
};

/** Options of {@link startConsole}. */
export interface ConsoleOptions {
  readonly mapping?: FakeMapping;
  readonly group?: Partial<MemoryGroupOptions>;
  readonly lambda?: Partial<LambdaOptions>;
}

/** Starts a Lambda server, stopped at the end of the test, and runs command lines against it. */
export async function startConsole(given: ConsoleOptions = {}) {
  const journal: string[] = [];
  const mapping = given.mapping ?? ordersMapping();
  const server = await startLambda({ mappings: [mapping], journal, ...given.lambda });
  onTestFinished(server.close);
  const { advance, group, targets } = memoryGroup({ ...half, ...given.group }, journal);
  const flags = ['--lambda-endpoint', server.endpoint, '--brokers', 'b:9092'];
  const questions: string[] = [];
  const printed: string[] = [];
  const opened: ConsumerGroupOptions[] = [];
  const openGroup: OpenGroup = async (options) => {
    journal.push(`open ${options.group} ${options.topic}`);
    opened.push(options);
    return group;
  };

  /** Runs a reset. @returns its exit code and what it writes to standard error */
  async function run(line: string, given: Partial<Machine> = {}) {
    const errors: string[] = [];
    const machine: Machine = {
      ask: async (question) => {
        questions.push(question);
        return true;
      },
      environment: {},
      now: () => now,
      pause: async () => undefined,
      print: (text) => printed.push(text),
      printError: (text) => errors.push(text),
      write: async () => undefined,
      progress: () => undefined,
      stop: new AbortController().signal,
      ...given,
    };
    const command = createArchiveCommand(machine, { openGroup });
    const code = await runCommand(command, ['reset', ...flags, ...line.split(' ')], machine);
    return { code, error: errors.join('\n') };
  }

  return { run, journal, questions, printed, opened, targets, mapping, advance };
}
