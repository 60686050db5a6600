import type { GroupPartitionsAssigner } from '@platformatic/kafka';

type Members = Parameters<GroupPartitionsAssigner>[1];

/**
 * Distributes each topic's partitions evenly, and lets members keep theirs as far as possible. A
 * partition that moves is not assigned in this round: its owner releases it, the group rebalances
 * again, and then it is free (cooperative protocol, KIP-429).
 *
 * Replaces the client's own assigner, which stops as soon as no member has too few partitions although
 * one may have too many (@platformatic/kafka 2.12.1): of three members, one keeps two partitions.
 */
export const stickyAssigner: GroupPartitionsAssigner = (_current, members, topics, metadata) => {
  const assigned = new Map([...members.keys()].map((memberId) => [memberId, new Map()]));
  for (const topic of topics) {
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const takers = [...members.values()].filter((member) => member.topics?.includes(topic));
    const shares = sharesOf({
      partitions: Array.from({ length: count }, (_, partition) => partition),
      takers: takers.map(({ memberId }) => memberId).sort(),
      owners: ownersOf(topic, members),
    });
    for (const [memberId, partitions] of shares) {
      if (partitions.length === 0) continue;
      partitions.sort((a, b) => a - b);
      assigned.get(memberId)?.set(topic, { topic, partitions });
    }
  }
  return [...assigned].map(([memberId, assignments]) => ({ memberId, assignments }));
};

/** The partitions of a topic that each member gets in this round. */
function sharesOf({
  partitions,
  takers,
  owners,
}: {
  readonly partitions: readonly number[];
  readonly takers: readonly string[];
  readonly owners: ReadonlyMap<number, string>;
}): ReadonlyMap<string, number[]> {
  const ownedBy = (taker: string) => partitions.filter((each) => owners.get(each) === taker);
  const least = Math.floor(partitions.length / takers.length);
  // If the partitions cannot be divided evenly, the members with most partitions keep one more.
  const byOwned = [...takers].sort((a, b) => ownedBy(b).length - ownedBy(a).length);
  const quota = new Map(
    byOwned.map((taker, place) => [
      taker,
      least + (place < partitions.length % takers.length ? 1 : 0),
    ]),
  );
  const shares = new Map(takers.map((each) => [each, ownedBy(each).slice(0, quota.get(each))]));
  const free = partitions.filter((each) => !takers.includes(owners.get(each) ?? ''));
  for (const partition of free) {
    const taker = takers.find((each) => (shares.get(each)?.length ?? 0) < (quota.get(each) ?? 0));
    if (taker !== undefined) shares.get(taker)?.push(partition);
  }
  return shares;
}

/** The owners of a topic's partitions: claimed in the latest generation by exactly one member. */
function ownersOf(topic: string, members: Members): ReadonlyMap<number, string> {
  const latest = Math.max(...[...members.values()].map(({ generationId }) => generationId ?? -1));
  const claims = [...members.values()]
    .filter(({ generationId }) => (generationId ?? -1) === latest)
    .flatMap(({ memberId, ownedPartitions = [] }) =>
      ownedPartitions
        .filter((owned) => owned.topic === topic)
        .flatMap(({ partitions }) => partitions.map((partition) => ({ memberId, partition }))),
    );
  const byPartition = Map.groupBy(claims, ({ partition }) => partition);
  return new Map(
    [...byPartition].flatMap(([partition, [claim, another]]) =>
      claim && !another ? [[partition, claim.memberId] as const] : [],
    ),
  );
}
