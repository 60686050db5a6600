import { machine } from '../common/sample.ts';
import { archiver, archiverZstd } from './archiver.ts';
import { type BenchSetup, startBench } from './bench-setup.ts';
import { benthos } from './benthos.ts';
import { type DelayRun, runDelay } from './delay.ts';
import { kafkaConnect } from './kafka-connect.ts';
import { oldService, oldServiceParsing } from './old-service.ts';
import { type ValueSize, valueBytes } from './orders.ts';
import type { Peer, PeerName, PeerSource } from './peer.ts';
import {
  type PeerRuns,
  type Report,
  type Rounds,
  type Unavailable,
  unavailable,
} from './report.ts';
import { type RunParts, runThroughput, type ThroughputRun } from './throughput.ts';
import type { FilledTopic } from './topic.ts';

/** The options of a run of the bench. */
export interface PeersOptions {
  /** Rounds, in each of which every peer runs once over each topic and once under the steady load. */
  readonly runs: number;
  /** One topic for each size of values, with the megabytes of values in it. */
  readonly topics: readonly { readonly size: ValueSize; readonly megabytes: number }[];
  readonly peers: readonly PeerName[];
  /** Records a second under the steady load. */
  readonly rate: number;
  /** Measured seconds of the steady load; 0 for none. */
  readonly rateSeconds: number;
}

const sources: readonly PeerSource[] = [
  archiver,
  archiverZstd,
  oldService,
  oldServiceParsing,
  benthos,
  kafkaConnect,
];

/** Dependencies of the bench. */
export interface PeersDeps {
  /** Replaces the last line of progress. */
  readonly progress: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Stops the bench. */
  readonly stop: AbortSignal;
}

/** The result of the bench. */
export interface PeersResult {
  readonly report: Report;
  /** Whether every peer could be installed and stored every record; the bytes of a value may differ. */
  readonly isComplete: boolean;
}

interface Installed {
  readonly name: PeerName;
  readonly peer: Peer;
}

/**
 * Installs the peers, starts the servers, runs the rounds and the steady load, and stops everything.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if Kafka or the S3 server cannot be started
 * @throws the reason of the signal, if stopped
 */
export async function runPeers(options: PeersOptions, deps: PeersDeps): Promise<PeersResult> {
  const { installed, missing } = await install(options.peers, deps);
  const bench = await startBench(deps.progress);
  try {
    return await new PeersBench({ bench, deps, installed, options }, missing).run();
  } finally {
    await bench.close();
  }
}

async function install(names: readonly PeerName[], { progress }: PeersDeps) {
  const installed: Installed[] = [];
  const missing: Unavailable[] = [];
  for (const source of sources.filter(({ name }) => names.includes(name))) {
    progress(`installing ${source.title}`);
    try {
      installed.push({ name: source.name, peer: await source.install() });
    } catch (error) {
      missing.push({ title: source.title, reason: `not installed: ${messageOf(error)}` });
    }
  }
  return { installed, missing };
}

/** A run, and whether the peer stored every record. */
interface Judged<Run> {
  readonly run: Run;
  readonly isComplete: boolean;
}

interface Parts {
  readonly bench: BenchSetup;
  readonly deps: PeersDeps;
  readonly installed: readonly Installed[];
  readonly options: PeersOptions;
}

class PeersBench {
  readonly #parts: Parts;
  readonly #missing: Unavailable[];
  readonly #begun: number;
  #isComplete: boolean;

  constructor(parts: Parts, missing: readonly Unavailable[]) {
    this.#parts = parts;
    this.#missing = [...missing];
    this.#isComplete = missing.length === 0;
    this.#begun = parts.deps.now();
  }

  async run(): Promise<PeersResult> {
    const { options } = this.#parts;
    const topics: Rounds<ThroughputRun>[] = [];
    for (const each of options.topics) topics.push(await this.#runOverTopic(each));
    const delay = options.rateSeconds > 0 ? await this.#runUnderLoad() : undefined;
    const report = {
      ...{ setting: this.#setting(), topics, delay },
      unavailable: [...this.#missing, ...unavailable],
    };
    return { report, isComplete: this.#isComplete };
  }

  async #runOverTopic({ megabytes, size }: PeersOptions['topics'][number]) {
    const { bench, deps } = this.#parts;
    const topic = await bench.topics.fill(`orders-${size}`, size, {
      bytes: megabytes * 1e6,
      signal: deps.stop,
      onProgress: (records) => this.#progress(`orders-${size}: ${records} records produced`),
    });
    deps.stop.throwIfAborted();
    const peers = await this.#rounds('', async (parts) => {
      const run = await runThroughput(parts, topic);
      const { foreign, lost, misplaced } = run.verdict;
      const strange = foreign + misplaced;
      if (strange > 0) throw new Error(`${strange} lines are misplaced or not from the topic`);
      return { run, isComplete: lost === 0 };
    });
    return { title: topicTitle(topic), peers };
  }

  async #runUnderLoad(): Promise<Rounds<DelayRun>> {
    const { rate, rateSeconds: seconds } = this.#parts.options;
    const peers = await this.#rounds('steady load, ', async (parts) => {
      const run = await runDelay(parts, { rate, seconds });
      return { run, isComplete: run.notStored === 0 };
    });
    const title = `From record to object, at ${rate.toLocaleString('en-US')} records of 1 KB a second, ${seconds} s`;
    return { title, peers };
  }

  /** Runs each peer once in each round, starting with another one each time, so that other load on the machine affects all. */
  async #rounds<Run>(
    what: string,
    runOnce: (parts: RunParts) => Promise<Judged<Run>>,
  ): Promise<PeerRuns<Run>[]> {
    const { installed, options } = this.#parts;
    const peers = installed.map((each) => ({ each, runs: [] as (Run | undefined)[] }));
    for (let round = 1; round <= options.runs; round++) {
      const first = (round - 1) % peers.length;
      for (const { each, runs } of [...peers.slice(first), ...peers.slice(0, first)]) {
        const judged = await this.#once(each, `${what}round ${round} of ${options.runs}`, runOnce);
        if (!judged?.isComplete) this.#isComplete = false;
        runs.push(judged?.run);
      }
    }
    return peers.map(({ each, runs }) => ({ name: each.name, title: each.peer.title, runs }));
  }

  /** One run of a peer; a failed run is named in the report, and the others go on. */
  async #once<Run>(
    { name, peer }: Installed,
    what: string,
    run: (parts: RunParts) => Promise<Run>,
  ): Promise<Run | undefined> {
    const { bench, deps } = this.#parts;
    const onProgress = (line: string) => this.#progress(`${name}, ${what}: ${line}`);
    try {
      return await run({ bench, name, peer, signal: deps.stop, onProgress });
    } catch (error) {
      deps.stop.throwIfAborted();
      this.#missing.push({ title: peer.title, reason: `${what} failed: ${messageOf(error)}` });
      return undefined;
    }
  }

  #progress(line: string): void {
    const { deps } = this.#parts;
    deps.progress(`${((deps.now() - this.#begun) / 1000).toFixed(0)} s: ${line}`);
  }

  #setting(): string {
    const { deps, options } = this.#parts;
    const minutes = ((deps.now() - this.#begun) / 60_000).toFixed(0);
    return [
      new Date(deps.now()).toISOString().slice(0, 10),
      machine(),
      `rounds: ${options.runs}, ${minutes} minutes in total`,
      'cells are medians, with minimum and maximum',
    ].join('; ');
  }
}

function topicTitle({ records, size, valueBytes: bytes }: FilledTopic): string {
  const megabytes = Math.round(bytes / 1e6).toLocaleString('en-US');
  return `Values of about ${valueBytes[size]} bytes: ${records.toLocaleString('en-US')} records, ${megabytes} MB`;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
}
