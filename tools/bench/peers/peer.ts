import type { S3Access } from '../../local/s3-client.ts';
import type { LineFormat } from './judge.ts';
import type { IsFunction } from './process-tree.ts';

/** A peer's task: to archive a topic from its beginning, with its own group and into its own bucket. */
export interface PeerTask {
  /** `host:port` of the broker. */
  readonly brokers: string;
  readonly topic: string;
  readonly group: string;
  readonly bucket: string;
  readonly s3: Required<S3Access>;
  /** The peer's files; the caller creates and deletes the folder. */
  readonly folder: string;
  /**
   * Whether the topic is complete. If it is, a peer stores what it still buffers at the end of the topic soon; if not, it
   * waits as long as it would in production.
   */
  readonly isWhole: boolean;
}

/** A process to start. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Variables besides `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An installed peer. */
export interface Peer {
  /** Its name with its versions. */
  readonly title: string;
  readonly format: LineFormat;
  /** Tells which of its processes are a function's. @default - none is */
  readonly isFunction?: IsFunction;
  /**
   * Milliseconds after the last commit in which objects may still appear, for peers that commit before they
   * store.
   * @default 0
   */
  readonly settleMs?: number;
  /** Writes its configuration into the task's folder, and returns the command that starts it. */
  command(task: PeerTask): Command;
}

/** A peer that may or may not be installable here. */
export interface PeerSource {
  readonly name: PeerName;
  /** Its name without versions. */
  readonly title: string;
  /**
   * Installs it, unless it is in the cache.
   *
   * @throws {Error} with the message of the registry or the build, if it cannot be installed
   */
  install(): Promise<Peer>;
}

/** Peers that run only when they are named: variants of others. */
export const namedPeers = ['archiver-zstd', 'old-service-parsing'] as const;

/** The names of the peers, for `--peers`. */
export const peerNames = [
  'archiver',
  'old-service',
  'benthos',
  'kafka-connect',
  ...namedPeers,
] as const;

/** One of the {@link peerNames}. */
export type PeerName = (typeof peerNames)[number];
