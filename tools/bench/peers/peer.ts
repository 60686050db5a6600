import type { S3Access } from '../../local/s3-client.ts';
import type { IsFunction } from './process-tree.ts';
import type { LineFormat } from './stored-line.ts';

/** What a peer is to do: archive a topic from its beginning, in a group and into a bucket of its own. */
export interface PeerTask {
  /** `host:port` of the broker. */
  readonly brokers: string;
  readonly topic: string;
  readonly group: string;
  readonly bucket: string;
  readonly s3: Required<S3Access>;
  /** For what the peer keeps on disk; the caller makes and removes it. */
  readonly folder: string;
  /**
   * Whether the topic is whole already. Where it is, what a peer still holds at its end is stored soon; else it
   * waits as long as it would in use.
   */
  readonly isWhole: boolean;
}

/** A process to run. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Besides `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer that can be run. */
export interface Peer {
  /** With the versions that are run. */
  readonly title: string;
  readonly format: LineFormat;
  /** Which of its processes are the function's. @default - it has none */
  readonly isFunction?: IsFunction;
  /**
   * Milliseconds after the last offset is committed in which objects may still come: for peers that commit before
   * they have stored.
   * @default 0
   */
  readonly settleMs?: number;
  /** Writes what it needs into the task's folder, and says how it is run. */
  command(task: PeerTask): Command;
}

/** A peer that may be had here or not. */
export interface PeerSource {
  readonly name: PeerName;
  /** What it is, without versions. */
  readonly title: string;
  /**
   * Installs it, or finds it in the cache.
   *
   * @throws {Error} where it cannot be had, with what the registry or the build said
   */
  install(): Promise<Peer>;
}

/** Peers that are run when they are named: others of the list with another setting. */
export const namedPeers = ['archiver-zstd', 'old-service-parsing'] as const;

/** Names of the peers, for `--peers`. */
export const peerNames = [
  'archiver',
  'old-service',
  'benthos',
  'kafka-connect',
  ...namedPeers,
] as const;

/** Name of a {@link peerNames | peer}. */
export type PeerName = (typeof peerNames)[number];
