import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stickyAssigner } from '../../kafka/sticky-assigner.ts';

type Members = Parameters<typeof stickyAssigner>[1];
type Metadata = Parameters<typeof stickyAssigner>[3];

/** The partitions of each member. */
type Owned = Readonly<Record<string, readonly number[]>>;

/** Runs one round of assignments. */
function round(
  count: number,
  owned: Owned,
  generations: Readonly<Record<string, number>> = {},
): Owned {
  const members: Members = new Map(
    Object.entries(owned).map(([memberId, partitions]) => [
      memberId,
      {
        memberId,
        version: 3,
        topics: ['orders'],
        ownedPartitions: [{ topic: 'orders', partitions: [...partitions] }],
        generationId: generations[memberId] ?? 1,
      },
    ]),
  );
  const metadata: Metadata = {
    id: 'cluster',
    brokers: new Map(),
    controllerId: 1,
    lastUpdate: 0,
    topics: new Map([
      ['orders', { id: 'id', partitions: [], partitionsCount: count, lastUpdate: 0 }],
    ]),
  };
  return Object.fromEntries(
    stickyAssigner('leader', members, new Set(['orders']), metadata).map(
      ({ memberId, assignments }) => [memberId, assignments.get('orders')?.partitions ?? []],
    ),
  );
}

describe('partitions of a group', () => {
  it.each<[string, number, Owned, Owned]>([
    ['all go to the only member', 3, { a: [] }, { a: [0, 1, 2] }],
    ['are distributed evenly', 4, { a: [], b: [] }, { a: [0, 1], b: [2, 3] }],
    ['stay with their members', 4, { a: [1, 3], b: [0, 2] }, { a: [1, 3], b: [0, 2] }],
    ['are unassigned while they move', 4, { a: [0, 1, 2, 3], b: [] }, { a: [0, 1], b: [] }],
    ['are assigned once they are free', 4, { a: [0, 1], b: [] }, { a: [0, 1], b: [2, 3] }],
    ['move to idle members', 2, { a: [0, 1], b: [], c: [] }, { a: [0], b: [], c: [] }],
    ['of a member that has left are free', 4, { b: [2, 3] }, { b: [0, 1, 2, 3] }],
    ['leave members idle if there are too few', 1, { a: [], b: [0] }, { a: [], b: [0] }],
  ])('%s', (_, count, owned, expected) => {
    expect(round(count, owned)).toEqual(expected);
  });

  it('are not kept by members of an older generation, or if several members claim them', () => {
    expect(round(2, { a: [0, 1], b: [1] }, { a: 1, b: 2 })).toEqual({ a: [0], b: [1] });
    expect(round(2, { a: [0, 1], b: [1] })).toEqual({ a: [0], b: [1] });
  });

  it('are distributed evenly after two rounds, whatever the initial state', () => {
    const anyGroup = fc.record({
      count: fc.integer({ min: 0, max: 12 }),
      members: fc.integer({ min: 1, max: 5 }),
      owners: fc.array(fc.option(fc.nat(4)), { minLength: 12, maxLength: 12 }),
    });
    fc.assert(
      fc.property(anyGroup, ({ count, members, owners }) => {
        const names = Array.from({ length: members }, (_, i) => `member-${i}`);
        const all = Array.from({ length: count }, (_, partition) => partition);
        const owned = Object.fromEntries(
          names.map((name, i) => [name, all.filter((each) => owners[each] === i)]),
        );
        const first = round(count, owned);
        for (const [name, partitions] of Object.entries(first)) {
          const others = names.filter((other) => other !== name).flatMap((other) => owned[other]);
          expect(partitions.filter((each) => others.includes(each))).toEqual([]);
        }
        const second = round(count, first);
        expect(
          Object.values(second)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual(all);
        const sizes = Object.values(second).map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(round(count, second)).toEqual(second);
      }),
    );
  });
});
