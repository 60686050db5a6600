import { machine } from '../common/machine.ts';
import { archiver, archiverZstd } from './archiver.ts';
import { type BenchSetup, startBench } from './bench-setup.ts';
import { benthos } from './benthos.ts';
import { runDelay } from './delay.ts';
import { kafkaConnect } from './kafka-connect.ts';
import { oldService, oldServiceParsing } from './old-service.ts';
import type { PeersOptions } from './options.ts';
import { type ValueSize, valueBytes } from './orders.ts';
import type { Peer, PeerName, PeerSource } from './peer.ts';
import type { PeerDelay, Report, TopicRuns } from './report.ts';
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
  /** Whether every peer that could be had has stored every record as it was produced, or in other bytes. */
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

interface Parts {
  readonly bench: BenchSetup;
  readonly deps: PeersDeps;
  readonly installed: readonly Installed[];
  readonly options: PeersOptions;
}

class PeersBench {
  readonly #parts: Parts;
  readonly #missing: Unavailable[];
  readonly #topics: TopicRuns[] = [];
  readonly #delays: PeerDelay[] = [];
  readonly #begun: number;
  #isComplete = true;

  constructor(parts: Parts, missing: readonly Unavailable[]) {
    this.#parts = parts;
    this.#missing = [...missing];
    this.#begun = parts.deps.now();
  }

  async run(): Promise<PeersResult> {
    const { options } = this.#parts;
    for (const { megabytes, size } of options.topics) await this.#archive(size, megabytes);
    if (options.rateSeconds > 0) await this.#load();
    const report = {
      setting: this.#setting(),
      topics: this.#topics,
      delayTitle: this.#delayTitle(),
      delays: this.#delays,
      unavailable: [...this.#missing, ...unavailable],
    };
    return { report, isComplete: this.#isComplete };
  }

  async #archive(size: ValueSize, megabytes: number): Promise<void> {
    const { bench, deps, installed, options } = this.#parts;
    const topic = await bench.topics.fill(`orders-${size}`, size, {
      bytes: megabytes * 1e6,
      signal: deps.stop,
      onProgress: (records) => this.#tell(`orders-${size}: ${records} records produced`),
    });
    deps.stop.throwIfAborted();
    const runs = new Map<PeerName, (ThroughputRun | undefined)[]>();
    for (let round = 1; round <= options.runs; round++) {
      for (const each of installed) {
        const run = await this.#once(each, `round ${round} of ${options.runs}`, (parts) =>
          this.#throughput(parts, topic),
        );
        runs.set(each.name, [...(runs.get(each.name) ?? []), run]);
      }
    }
    this.#topics.push({
      title: topicTitle(topic),
      peers: installed.map(({ name, peer }) => ({
        ...{ name, title: peer.title, runs: runs.get(name) ?? [] },
      })),
    });
  }

  async #throughput(parts: RunParts, topic: FilledTopic): Promise<ThroughputRun> {
    const run = await runThroughput(parts, topic);
    const { foreign, lost, misplaced } = run.verdict;
    if (lost + foreign + misplaced > 0) this.#isComplete = false;
    return run;
  }

  async #load(): Promise<void> {
    const { installed, options } = this.#parts;
    const load = { rate: options.rate, seconds: options.rateSeconds };
    for (const each of installed) {
      const run = await this.#once(each, 'steady load', (parts) => runDelay(parts, load));
      if (run !== undefined) this.#delays.push({ title: each.peer.title, run });
    }
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
      this.#isComplete = false;
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

  #delayTitle(): string | undefined {
    const { rate, rateSeconds } = this.#parts.options;
    if (rateSeconds === 0) return undefined;
    return `From record to object, at ${rate.toLocaleString('en-US')} records of 1 KB a second, ${rateSeconds} s`;
  }
}

function topicTitle({ records, size, valueBytes: bytes }: FilledTopic): string {
  const megabytes = Math.round(bytes / 1e6).toLocaleString('en-US');
  return `Values of about ${valueBytes[size]} bytes: ${records.toLocaleString('en-US')} records, ${megabytes} MB`;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
}
