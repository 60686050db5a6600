import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { KafkaClusterError } from './errors.ts';
import { type Environment, findMaven, runToEnd } from './java.ts';
import { withStaging } from './staging.ts';

/** The jars of one version of Kafka, in a folder that outlives clusters and checkouts. */
export interface Distribution {
  readonly version: string;
  /** Java's class path: every jar, always in the same order. */
  readonly classPath: string;
  /** Where they are, and what else is kept for this version. */
  readonly folder: string;
}

const pomFile = join(import.meta.dirname, 'pom.xml');

/** Where downloads are kept: below `XDG_CACHE_HOME`, or `~/.cache` when that is not set. */
export function cacheFolder(env: Environment): string {
  const cache = env.XDG_CACHE_HOME ?? '';
  const home = env.HOME ?? homedir();
  return join(isAbsolute(cache) ? cache : join(home, '.cache'), 'msk-s3-archiver');
}

/**
 * Kafka's jars, which Maven downloads the first time; later no Maven is needed. Several processes
 * may ask at once, and what was interrupted is not taken for complete.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when Maven is missing
 * @throws {KafkaClusterError} when the download fails
 */
export async function provideDistribution(
  env: Environment,
  onProgress: (line: string) => void,
): Promise<Distribution> {
  const pom = readFileSync(pomFile, 'utf8');
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(pom)?.[1] ?? '';
  const digest = createHash('sha256').update(pom).digest('hex').slice(0, 8);
  const folder = join(cacheFolder(env), `kafka-${version}-${digest}`);
  const jars = join(folder, 'lib');
  if (!existsSync(jars)) {
    const maven = findMaven(env);
    onProgress(`Downloading Kafka ${version} (once, 45 MB)`);
    mkdirSync(folder, { recursive: true });
    await withStaging(folder, async (staging) => {
      await copyDependencies(maven, staging, env);
      renameUnlessThere(staging, jars);
    });
  }
  const names = readdirSync(jars).filter((name) => name.endsWith('.jar'));
  const classPath = names.sort().map((name) => join(jars, name));
  return { version, classPath: classPath.join(delimiter), folder };
}

async function copyDependencies(maven: string, target: string, env: Environment): Promise<void> {
  const options = ['--batch-mode', '--quiet', '--strict-checksums', '--file', pomFile];
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin';
  const goal = [`${plugin}:copy-dependencies`, `-DoutputDirectory=${target}`];
  try {
    await runToEnd(maven, [...options, ...goal], env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KafkaClusterError(`Maven could not download Kafka: ${reason}`);
  }
}

/** Another process may have been quicker, and what it put there is as good. */
function renameUnlessThere(source: string, target: string): void {
  try {
    renameSync(source, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}
