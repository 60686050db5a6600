import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { type Environment, findJava, findMaven, runToEnd } from './java.ts';

const pomFile = join(import.meta.dirname, 'pom.xml');
const logging = join(import.meta.dirname, 'log4j2.properties');

/** Kafka's jars and the Java that runs them. */
export interface Distribution {
  readonly version: string;
  readonly java: string;
  /** Options of the virtual machine: little memory, and a quick start. */
  readonly options: readonly string[];
  readonly classPath: string;
}

/** The folder of downloads: below `XDG_CACHE_HOME`, or `~/.cache` if that is not set. */
export function cacheFolder(env: Environment): string {
  const cache = env.XDG_CACHE_HOME ?? '';
  const home = env.HOME ?? homedir();
  return join(isAbsolute(cache) ? cache : join(home, '.cache'), 'msk-s3-archiver');
}

/**
 * Provides Kafka's jars, which Maven downloads the first time.
 *
 * @throws {KafkaClusterError} if Java or Maven is missing, or the download fails
 */
export async function provideDistribution(
  env: Environment,
  onProgress: (line: string) => void,
): Promise<Distribution> {
  const java = findJava(env).program;
  const pom = readFileSync(pomFile, 'utf8');
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(pom)?.[1] ?? '';
  const digest = createHash('sha256').update(pom).digest('hex').slice(0, 8);
  const folder = join(cacheFolder(env), `kafka-${version}-${digest}`);
  if (!existsSync(folder)) {
    onProgress(`Downloading Kafka ${version} (once, 45 MB)`);
    await download(findMaven(env), folder, env);
  }
  const jars = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
  options.push('-Djava.awt.headless=true', `-Dlog4j2.configurationFile=${logging}`);
  const classPath = jars.map((name) => join(folder, name)).join(delimiter);
  return { version, java, options, classPath };
}

/** An interrupted download leaves no folder; of two at the same time, either one will do. */
async function download(maven: string, folder: string, env: Environment): Promise<void> {
  const staging = `${folder}-${process.pid}`;
  const options = ['--batch-mode', '--quiet', '--strict-checksums', '--file', pomFile];
  try {
    await runToEnd(
      maven,
      [...options, 'dependency:copy-dependencies', `-DoutputDirectory=${staging}`],
      env,
    );
    if (!existsSync(folder)) renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
