import { createHash } from 'node:crypto';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Distribution, provideDistribution } from './distribution.ts';
import type { Environment, Java, JavaCommand } from './java.ts';
import { soleNode } from './node-files.ts';
import { spawnNode, stopNode } from './node-process.ts';
import { freePorts } from './ports.ts';
import { waitForBroker, waitForGroups } from './ready.ts';
import { writeServerProperties } from './server-properties.ts';
import { withStaging } from './staging.ts';
import { formatData, newKafkaId, provideCheckpoint } from './storage.ts';

/** Milliseconds that writing the archive of classes may take. */
const ARCHIVE_LIMIT_MS = 120_000;

/** Kafka, ready to be run. */
export interface KafkaSoftware {
  readonly version: string;
  readonly java: JavaCommand;
  /** First records of a cluster without users, see {@link provideCheckpoint}. */
  readonly checkpoint: string;
}

/**
 * Kafka from the cache, which is filled the first time: its jars, a new cluster's first records, and
 * an archive of the classes that it loads, by which a broker starts in half the time.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when Maven is needed and missing
 * @throws {KafkaClusterError} when the download or Kafka's storage tool fails
 */
export async function provideKafka(
  java: Java,
  env: Environment,
  onProgress: (line: string) => void,
): Promise<KafkaSoftware> {
  const distribution = await provideDistribution(env, onProgress);
  const plain = javaCommand(java, distribution, []);
  const checkpoint = join(distribution.folder, 'bootstrap.checkpoint');
  await provideCheckpoint(checkpoint, plain);
  const archive = archiveFile(java, distribution);
  if (!existsSync(archive)) {
    onProgress('Preparing quick starts (once, 10 s)');
    // A broker that does not start here will not there either, where its log is kept.
    await writeArchive(archive, distribution.folder, plain, checkpoint).catch(() => undefined);
  }
  const hasArchive = existsSync(archive) && statSync(archive).size > 0;
  const options = hasArchive ? [`-XX:SharedArchiveFile=${archive}`] : [];
  const { version } = distribution;
  return { version, checkpoint, java: javaCommand(java, distribution, options) };
}

/** Little memory, and a start that is quick rather than a long run that is. */
function javaCommand(
  { program }: Java,
  { classPath }: Distribution,
  options: readonly string[],
): JavaCommand {
  const logging = join(import.meta.dirname, 'log4j2.properties');
  return {
    program,
    classPath,
    options: [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Xshare:auto',
      ...options,
      '-Djava.awt.headless=true',
      `-Dlog4j2.configurationFile=${logging}`,
    ],
  };
}

/** Each build of Java needs its own. */
function archiveFile({ program, build }: Java, { folder }: Distribution): string {
  const digest = createHash('sha256').update(program).update(build).digest('hex');
  return join(folder, `classes-${digest.slice(0, 8)}.jsa`);
}

/** Runs a broker once, whose Java writes the archive when it ends; an empty file when it cannot. */
async function writeArchive(
  archive: string,
  folder: string,
  java: JavaCommand,
  checkpoint: string,
): Promise<void> {
  await withStaging(folder, async (staging) => {
    const written = join(staging, 'classes.jsa');
    const node = soleNode(staging);
    const clusterId = newKafkaId();
    const ports = await freePorts({ brokers: 1, isSecure: false });
    writeServerProperties({ node, ports });
    formatData(node, clusterId, checkpoint);
    const options = [...java.options, `-XX:ArchiveClassesAtExit=${written}`];
    const process = spawnNode(node, { ...java, options });
    try {
      for (const { plain: port } of ports.brokers) {
        const awaited = { process, port, clusterId, brokers: 1 };
        await waitForBroker(awaited);
        await waitForGroups(awaited);
      }
    } finally {
      await stopNode(node, ARCHIVE_LIMIT_MS);
    }
    if (!existsSync(written)) writeFileSync(written, '');
    renameSync(written, archive);
  });
}
