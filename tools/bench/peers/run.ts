import { machine } from '../common/machine.ts';
import { archiver, archiverZstd } from './archiver.ts';
import { type BenchSetup, startBench } from './bench-setup.ts';
import { benthos } from './benthos.ts';
import { type DelayRun, runDelay } from './delay.ts';
import { kafkaConnect } from './kafka-connect.ts';
import { oldService, oldServiceParsing } from './old-service.ts';
import type { PeersOptions } from './options.ts';
import { valueBytes } from './orders.ts';
import type { Peer, PeerName, PeerSource } from './peer.ts';
import type { PeerRuns, Report, Rounds } from './report.ts';
import { type RunParts, runThroughput, type ThroughputRun } from './throughput.ts';
import type { FilledTopic } from './topic.ts';
import { type Unavailable, unavailable } from './unavailable.ts';

const sources: readonly PeerSource[] = [
  archiver,
  archiverZstd,
  oldService,
  oldServiceParsing,
  benthos,
  kafkaConnect,
];

/** Who is told how a run goes, and who may end it. */
export interface PeersDeps {
  /** Replaces the last line of progress. */
  readonly progress: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly stop: AbortSignal;
}

/** What a run of the bench came to. */
export interface PeersResult {
  readonly report: Report;
  /** Whether every peer could be had, and has stored every record as it was produced, or in other bytes. */
  readonly isComplete: boolean;
}

interface Installed {
  readonly name: PeerName;
  readonly peer: Peer;
}

/**
 * Installs the peers, starts the servers, runs the rounds and the steady load, and ends all.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` where Kafka or the S3 server cannot be had
 * @throws when stopped
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

/** A run, and whether the peer has stored every record as it was produced, or in other bytes. */
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
    for (const each of options.topics) topics.push(await this.#archive(each));
    const delay = options.rateSeconds > 0 ? await this.#load() : undefined;
    const report = {
      ...{ setting: this.#setting(), topics, delay },
      unavailable: [...this.#missing, ...unavailable],
    };
    return { report, isComplete: this.#isComplete };
  }

  async #archive({ megabytes, size }: PeersOptions['topics'][number]) {
    const { bench, deps } = this.#parts;
    const topic = await bench.topics.fill(`orders-${size}`, size, {
      bytes: megabytes * 1e6,
      signal: deps.stop,
      onProgress: (records) => this.#tell(`orders-${size}: ${records} records produced`),
    });
    deps.stop.throwIfAborted();
    const peers = await this.#rounds('', async (parts) => {
      const run = await runThroughput(parts, topic);
      const { foreign, lost, misplaced } = run.verdict;
      const strange = foreign + misplaced;
      if (strange > 0)
        throw new Error(`${strange} lines are of no record of the topic, or misplaced`);
      return { run, isComplete: lost === 0 };
    });
    return { title: topicTitle(topic), peers };
  }

  async #load(): Promise<Rounds<DelayRun>> {
    const { rate, rateSeconds: seconds } = this.#parts.options;
    const peers = await this.#rounds('steady load, ', async (parts) => {
      const run = await runDelay(parts, { rate, seconds });
      return { run, isComplete: run.notStored === 0 };
    });
    const title = `From record to object, at ${rate.toLocaleString('en-US')} records of 1 KB a second, ${seconds} s`;
    return { title, peers };
  }

  /** Runs each peer once in each round, another one first each time: what the machine does besides hits all of them. */
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

  /** A peer's one run; one that fails is told of in the report, and stops no others. */
  async #once<Run>(
    { name, peer }: Installed,
    what: string,
    run: (parts: RunParts) => Promise<Run>,
  ): Promise<Run | undefined> {
    const { bench, deps } = this.#parts;
    const onProgress = (line: string) => this.#tell(`${name}, ${what}: ${line}`);
    try {
      return await run({ bench, name, peer, signal: deps.stop, onProgress });
    } catch (error) {
      deps.stop.throwIfAborted();
      this.#missing.push({ title: peer.title, reason: `${what} failed: ${messageOf(error)}` });
      return undefined;
    }
  }

  #tell(line: string): void {
    const { deps } = this.#parts;
    deps.progress(`${((deps.now() - this.#begun) / 1000).toFixed(0)} s: ${line}`);
  }

  #setting(): string {
    const { deps, options } = this.#parts;
    const minutes = ((deps.now() - this.#begun) / 60_000).toFixed(0);
    return [
      new Date(deps.now()).toISOString().slice(0, 10),
      machine(),
      `rounds: ${options.runs}, in ${minutes} minutes in all`,
      'cells are medians, with least and most',
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
