/** The calls that faults strike. */
export const calls = ['put', 'commit', 'invoke', 'destination'] as const;
/** How a call fails. `kill` is SIGKILL of the function for put and invoke, else of the mapping. */
export const kinds = ['throttle', 'error', 'reset', 'slow', 'hang', 'lost-answer', 'kill'] as const;
/** Which of the calls are struck. `each` strikes every other try of each. */
export const times = ['first', 'last', 'each', 'random'] as const;
/** The event source mapping's mode; provisioned bisects and takes partial responses. */
export const modes = ['on-demand', 'provisioned'] as const;
/** What else happens; the last three need a real broker. */
export const topologies = [
  'one-partition',
  'many-partitions',
  'rebalance',
  'kafka-rebalance',
  'broker-restart',
  'leader-change',
] as const;

/** One of the {@link calls}. */
export type Call = (typeof calls)[number];
/** One of the {@link kinds}. */
export type Kind = (typeof kinds)[number];
/** One of the {@link times}. */
export type Time = (typeof times)[number];
/** One of the {@link modes}. */
export type Mode = (typeof modes)[number];
/** One of the {@link topologies}. */
export type Topology = (typeof topologies)[number];

/** A combination of the matrix. */
export interface Cell {
  readonly call: Call;
  readonly kind: Kind;
  readonly time: Time;
  readonly mode: Mode;
  readonly topology: Topology;
}

/** Those whose topic is on a real broker. */
export function needsKafka({ topology }: Pick<Cell, 'topology'>): boolean {
  return (
    topology.startsWith('kafka') || topology === 'broker-restart' || topology === 'leader-change'
  );
}

/** `put/kill/first/on-demand/rebalance` */
export function cellName({ call, kind, time, mode, topology }: Cell): string {
  return [call, kind, time, mode, topology].join('/');
}

/** Every combination. */
export function allCells(): Cell[] {
  return calls.flatMap((call) =>
    kinds.flatMap((kind) =>
      times.flatMap((time) =>
        modes.flatMap((mode) =>
          topologies.map((topology) => ({ call, kind, time, mode, topology })),
        ),
      ),
    ),
  );
}

/**
 * Whether records may be cut into other batches the second time, so that objects may overlap: where a
 * batch is bisected or sent again in part, and where its partition is read again, by another poller
 * or after a crash. Else the same batch comes again, and makes the same objects.
 */
export function mayOverlap({ call, kind, mode, topology }: Cell): boolean {
  if (mode === 'provisioned' || topology.includes('rebalance') || needsKafka({ topology }))
    return true;
  return kind === 'kill' && (call === 'commit' || call === 'destination');
}
