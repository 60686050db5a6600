import { describe, expect, it } from 'vitest';
import {
  allCells,
  type Call,
  calls,
  cellName,
  isReplayCell,
  isStreamCell,
  kinds,
  mayOverlap,
  modes,
  needsKafka,
  replayCalls,
  replayCells,
  streamCells,
  streamKinds,
  times,
  topologies,
} from '../cell.ts';

const cells = allCells();

describe('cells', () => {
  it('are every combination, once', () => {
    const lists = [calls, kinds, times, modes, topologies];
    const count = lists.reduce((product, { length }) => product * length, 1);
    expect(count).toBe(4 * 7 * 4 * 2 * 6);
    expect(cells).toHaveLength(count);
    expect(new Set(cells.map(cellName)).size).toBe(count);
  });

  it('have names, none of which is part of another', () => {
    const names = cells.map(cellName);
    expect(names[0]).toBe('put/throttle/first/on-demand/one-partition');
    const lines = names.join('\n');
    const found = names.filter((name) => lines.indexOf(name) !== lines.lastIndexOf(name));
    expect(found).toEqual([]);
  });

  it('of these topologies need a broker', () => {
    expect(topologies.filter((topology) => needsKafka({ topology }))).toEqual([
      'kafka-rebalance',
      'broker-restart',
      'leader-change',
    ]);
  });
});

describe('cells of the replay', () => {
  const replaying = replayCells();

  it('are every combination that makes sense, once', () => {
    // The service's own two calls have no kill and no hang; the four on a key have a last.
    expect(replaying).toHaveLength(2 * 5 * 3 + 3 * 7 * 3 + 4 * 7 * 4);
    expect(new Set(replaying.map(cellName)).size).toBe(replaying.length);
    expect(new Set(replaying.map(({ call }) => call))).toEqual(new Set(replayCalls));
    for (const call of replayCalls) {
      const kindsOfCall = replaying.filter((cell) => cell.call === call).map(({ kind }) => kind);
      expect(kindsOfCall).toEqual(
        expect.arrayContaining(['throttle', 'error', 'reset', 'slow', 'lost-answer']),
      );
    }
  });

  it('are told from the others, and need no broker', () => {
    expect(replaying.every(isReplayCell)).toBe(true);
    expect(cells.some(isReplayCell)).toBe(false);
    expect(replaying.some(needsKafka)).toBe(false);
    expect(replaying.map(cellName)).toContain('replay/load/kill/first');
  });
});

describe('cells of the delivery through a stream', () => {
  const streaming = streamCells();

  it('are every combination that makes sense, once', () => {
    // None has a last; the stream itself is not killed, does not hang, and is rejected nothing.
    expect(streaming).toHaveLength(8 * 3 + 5 * 3);
    expect(new Set(streaming.map(cellName)).size).toBe(streaming.length);
    const ofCalls = streaming.filter(({ call }) => call === 'put-records');
    expect(new Set(ofCalls.map(({ kind }) => kind))).toEqual(new Set(streamKinds));
  });

  it('are told from the others, and need no broker', () => {
    expect(streaming.every(isStreamCell)).toBe(true);
    expect([...cells, ...replayCells()].some(isStreamCell)).toBe(false);
    expect([...streaming, ...cells].some(isReplayCell)).toBe(false);
    expect(streaming.some(needsKafka)).toBe(false);
    expect(streaming.map(cellName)).toContain('firehose/put-records/reject/each');
  });
});

describe('objects may overlap', () => {
  const has = { kind: 'error', time: 'first' } as const;

  it.each(topologies)('in provisioned mode: %s', (topology) => {
    const overlapping = calls.filter((call) =>
      mayOverlap({ ...has, call, mode: 'provisioned', topology }),
    );
    expect(overlapping).toEqual(calls);
  });

  it.each<[(typeof topologies)[number], readonly Call[], readonly Call[]]>([
    ['one-partition', [], ['commit', 'destination']],
    ['many-partitions', [], ['commit', 'destination']],
    ['rebalance', calls, calls],
    ['kafka-rebalance', calls, calls],
    ['broker-restart', calls, calls],
    ['leader-change', calls, calls],
  ])('in on-demand mode, %s: where %j fail, and %j are killed', (topology, failing, killed) => {
    const overlapping = (kind: (typeof kinds)[number]) =>
      calls.filter((call) => mayOverlap({ ...has, call, kind, mode: 'on-demand', topology }));
    for (const kind of kinds) expect(overlapping(kind)).toEqual(kind === 'kill' ? killed : failing);
  });
});
