/**
 * The reset's command line before a Lambda server of one test, and a group in memory.
 *
 * @module
 */

import { onTestFinished } from 'vitest';
import type { ConsumerGroup } from '../../../cli/reset/consumer-group.ts';
import { type ResetCliDeps, runResetCli } from '../../../cli/reset/main.ts';
import { parseResetOptions } from '../../../cli/reset/options.ts';
import type { Position } from '../../../cli/reset/plan.ts';
import { type FakeMapping, type LambdaOptions, startLambda } from './lambda-server.ts';

/** The time of the command line. */
export const now = Date.parse('2026-11-24T12:00:00Z');

export const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

/** The mapping of the topic 'orders', of version 7 of the function. */
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

/** How a group in memory behaves. */
export interface MemoryGroupOptions {
  /** Log and committed offset of each partition. */
  readonly positions: readonly Position[];
  readonly targets: readonly number[];
  /** Members at each look; none after the last. */
  readonly members?: readonly number[];
  /** Thrown by the commit. */
  readonly refusal?: Error;
  /** Offsets that a commit leaves, in place of those it is given. */
  readonly left?: readonly number[];
  /** Commits that are refused, since there are members that are not counted. @default 0 */
  readonly refused?: number;
}

/** A group in memory, which writes what is done with it into a journal. */
export function memoryGroup(options: MemoryGroupOptions, journal: string[]) {
  const members = [...(options.members ?? [])];
  let positions = options.positions;
  let refused = options.refused ?? 0;
  const group: ConsumerGroup = {
    positions: async () => positions,
    offsetsAt: async () => new Map(options.targets.entries()),
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
  /** As the group's own members do, until the mapping is disabled. */
  const advance = (partition: number, committed: number) => {
    positions = positions.map((each) =>
      each.partition === partition ? { ...each, committed } : each,
    );
  };
  return { group, advance };
}

/** Two partitions: the group has read all of the one, and half of the other. */
export const half: MemoryGroupOptions = {
  positions: [
    { partition: 0, begin: 0, end: 100, committed: 100 },
    { partition: 1, begin: 10, end: 100, committed: 50 },
  ],
  targets: [40, 40],
};

/** What {@link startConsole} may be told. */
export interface ConsoleOptions {
  readonly mapping?: FakeMapping;
  readonly group?: Partial<MemoryGroupOptions>;
  readonly lambda?: Partial<LambdaOptions>;
}

/** Starts a Lambda server, gone when the test is over, and carries out command lines before it. */
export async function startConsole(given: ConsoleOptions = {}) {
  const journal: string[] = [];
  const mapping = given.mapping ?? ordersMapping();
  const server = await startLambda({ mappings: [mapping], journal, ...given.lambda });
  onTestFinished(server.close);
  const { advance, group } = memoryGroup({ ...half, ...given.group }, journal);
  const endpoint = ['--lambda-endpoint', server.endpoint, '--brokers', 'b:9092'];
  const questions: string[] = [];
  const printed: string[] = [];

  /** @returns whether it is done */
  async function run(line: string, deps: Partial<ResetCliDeps> = {}): Promise<boolean> {
    const options = parseResetOptions([...line.split(' '), ...endpoint], {}, now);
    if (options === 'help') throw new RangeError(`'${line}' asks for help`);
    return runResetCli(options, {
      ask: async (question) => {
        questions.push(question);
        return true;
      },
      environment: {},
      openGroup: async ({ group: name, topic }) => {
        journal.push(`open ${name} ${topic}`);
        return group;
      },
      pause: async () => undefined,
      print: (text) => printed.push(text),
      progress: () => undefined,
      stop: new AbortController().signal,
      ...deps,
    });
  }

  return { run, journal, questions, printed, mapping, advance, endpoint: server.endpoint };
}
