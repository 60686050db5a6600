/** The calls of the archive that faults strike. */
export const calls = ['put', 'commit', 'invoke', 'destination'] as const;
/** How a call fails. `kill` is SIGKILL of the function for put and invoke, else of the mapping. */
export const kinds = ['throttle', 'error', 'reset', 'slow', 'hang', 'lost-answer', 'kill'] as const;
/** Which calls are struck; `each` strikes every second try of each call. */
export const times = ['first', 'last', 'each', 'random'] as const;
/** The event source mapping's mode; provisioned mode bisects batches and accepts partial responses. */
export const modes = ['on-demand', 'provisioned'] as const;
/** The topology, and what else happens; the last three need a real broker. */
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

/** A combination of the archive's matrix. */
export interface Cell {
  readonly call: Call;
  readonly kind: Kind;
  readonly time: Time;
  readonly mode: Mode;
  readonly topology: Topology;
}

/** The calls of the replay that faults strike. */
export const replayCalls = [
  // The event source mapping's.
  'receive',
  'invoke',
  'delete',
  // The function's: load the failed batch, store it, compare it with an existing object, mark it as replayed.
  'load',
  'store',
  'compare',
  'mark',
  // Delay the message; send it to the dead-letter queue.
  'delay',
  'bury',
] as const;

/** One of the {@link replayCalls}. */
export type ReplayCall = (typeof replayCalls)[number];

/** A combination of the replay's matrix. */
export interface ReplayCell {
  readonly topology: 'replay';
  readonly call: ReplayCall;
  readonly kind: Kind;
  readonly time: Time;
}

/** The calls of the delivery through a stream that faults strike: the function's, and the stream's own. */
export const streamCalls = ['put-records', 'store'] as const;

/** How they fail; `reject` accepts a call in part. */
export const streamKinds = [...kinds, 'reject'] as const;

/** One of the {@link streamCalls}. */
export type StreamCall = (typeof streamCalls)[number];
/** One of the {@link streamKinds}. */
export type StreamKind = (typeof streamKinds)[number];

/** A combination of the matrix of the delivery through a stream. */
export interface StreamCell {
  readonly topology: 'firehose';
  readonly call: StreamCall;
  readonly kind: StreamKind;
  readonly time: Time;
}

/** A cell of any matrix. */
export type AnyCell = Cell | ReplayCell | StreamCell;

/** Whether a cell is one of the delivery through a stream. */
export function isStreamCell(cell: AnyCell): cell is StreamCell {
  return cell.topology === 'firehose';
}

/** Whether a cell is one of the replay. */
export function isReplayCell(cell: AnyCell): cell is ReplayCell {
  return cell.topology === 'replay';
}

/** Calls that name no failed batch, so that the last call is unknown. */
const namelessCalls: readonly ReplayCall[] = ['receive', 'invoke', 'delete', 'delay', 'bury'];
/** Calls of the AWS service, which is never killed and whose patience is undocumented. */
const serviceCalls: readonly ReplayCall[] = ['receive', 'delete'];

/** Every combination of the replay's matrix. */
export function replayCells(): ReplayCell[] {
  return replayCalls.flatMap((call) =>
    kinds
      .filter((kind) => !(serviceCalls.includes(call) && (kind === 'kill' || kind === 'hang')))
      .flatMap((kind) =>
        times
          .filter((time) => !(time === 'last' && namelessCalls.includes(call)))
          .map((time): ReplayCell => ({ topology: 'replay', call, kind, time })),
      ),
  );
}

/** Every combination of the matrix of the delivery through a stream, where the last call is unknown. */
export function streamCells(): StreamCell[] {
  const ofService: readonly StreamKind[] = ['throttle', 'error', 'reset', 'slow', 'lost-answer'];
  return streamCalls.flatMap((call) =>
    (call === 'store' ? ofService : streamKinds).flatMap((kind) =>
      times
        .filter((time) => time !== 'last')
        .map((time): StreamCell => ({ topology: 'firehose', call, kind, time })),
    ),
  );
}

/** Whether a cell needs a topic on a real broker. */
export function needsKafka({ topology }: Pick<AnyCell, 'topology'>): boolean {
  return (
    topology.startsWith('kafka') || topology === 'broker-restart' || topology === 'leader-change'
  );
}

/** `put/kill/first/on-demand/rebalance`, `replay/load/kill/first`, `firehose/put-records/reject/each` */
export function cellName(cell: AnyCell): string {
  const { call, kind, time, topology } = cell;
  return isReplayCell(cell) || isStreamCell(cell)
    ? [topology, call, kind, time].join('/')
    : [call, kind, time, cell.mode, topology].join('/');
}

/** Every combination of the archive's matrix. */
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
 * Whether a retry may cut records into other batches, so that objects may overlap: where a batch is bisected or retried in
 * part, and where another poller or a restarted one reads the partition again. Elsewhere the same batch is retried and
 * makes the same objects.
 */
export function mayOverlap({ call, kind, mode, topology }: Cell): boolean {
  if (mode === 'provisioned' || topology.includes('rebalance') || needsKafka({ topology }))
    return true;
  return kind === 'kill' && (call === 'commit' || call === 'destination');
}

/** The cells whose name contains `only`, optionally without those that need a real broker. */
export function cellsOf(only = '', memoryOnly = false): AnyCell[] {
  return [...allCells(), ...replayCells(), ...streamCells()].filter(
    (cell) => cellName(cell).includes(only) && !(memoryOnly && needsKafka(cell)),
  );
}
