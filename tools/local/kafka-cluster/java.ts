import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { KafkaClusterError } from './errors.ts';

/** The variables that are read: `PATH`, `JAVA_HOME`, `XDG_CACHE_HOME` and `HOME`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The oldest Java that Kafka's broker supports. */
const OLDEST_JAVA = 17;

/**
 * Finds the `java` of `JAVA_HOME`, or else of `PATH`.
 *
 * @throws {KafkaClusterError} if there is none, or only one that is too old
 */
export function findJava(env: Environment): { readonly program: string } {
  const program = findProgram('java', env, `Kafka needs Java ${OLDEST_JAVA} or later`);
  const { stdout, stderr } = spawnSync(program, ['-version'], { encoding: 'utf8' });
  const version = /version "([^"]+)"/.exec(`${stderr}${stdout}`)?.[1] ?? 'of an unknown version';
  // Java 8 calls itself 1.8.
  if (Number.parseInt(version, 10) >= OLDEST_JAVA) return { program };
  throw new KafkaClusterError(
    `Kafka needs Java ${OLDEST_JAVA} or later, but ${program} is ${version}: set JAVA_HOME or PATH`,
  );
}

/**
 * Finds Maven, which downloads Kafka.
 *
 * @throws {KafkaClusterError} if there is no `mvn` in `PATH`
 */
export function findMaven(env: Environment): string {
  return findProgram('mvn', { PATH: env.PATH }, 'Kafka is downloaded with Maven');
}

/**
 * Finds the JDK's tool for keys and certificates.
 *
 * @throws {KafkaClusterError} if there is none
 */
export function findKeytool(env: Environment): string {
  return findProgram('keytool', env, "A secured listener needs the JDK's keytool");
}

function findProgram(name: string, { JAVA_HOME, PATH = '' }: Environment, need: string): string {
  const home = JAVA_HOME ? [join(JAVA_HOME, 'bin')] : [];
  const folders = [...home, ...PATH.split(delimiter).filter((folder) => folder !== '')];
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new KafkaClusterError(`${need}: no '${name}' in PATH or JAVA_HOME`);
}

/**
 * Runs a program to its end, without input.
 *
 * @throws {KafkaClusterError} with the first line of output that mentions an error, if the program fails
 */
export async function runToEnd(
  program: string,
  args: readonly string[],
  env: Environment,
): Promise<void> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (status === 0) return;
  const lines = stripVTControlCharacters(`${errors}\n${output}`).split('\n');
  const line = lines.find((each) => /error|exception|fail/i.test(each)) ?? `exit code ${status}`;
  throw new KafkaClusterError(line.replace(/^\[ERROR\] /, '').trim());
}
