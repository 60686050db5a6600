import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { invalidSettings, KafkaClusterError } from './errors.ts';

/** The variables that are read: `PATH`, `JAVA_HOME`, `XDG_CACHE_HOME` and `HOME`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The oldest Java that Kafka's broker runs on. */
export const OLDEST_JAVA = 17;

/** A Java that Kafka runs on. */
export interface Java {
  /** Path of the program. */
  readonly program: string;
  /** All that it says of its version, which is different for every build of it. */
  readonly build: string;
}

/** How to run a class of Kafka's. */
export interface JavaCommand {
  readonly program: string;
  /** Options of the virtual machine. */
  readonly options: readonly string[];
  readonly classPath: string;
}

/**
 * The Java of `JAVA_HOME`, else the first in `PATH`; it is run once, to ask for its version.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when there is none, or none that is new enough
 */
export function findJava(env: Environment): Java {
  const program = findProgram('java', env);
  if (program === undefined) {
    throw invalidSettings(
      `Kafka needs Java ${OLDEST_JAVA} or later: no 'java' in PATH or JAVA_HOME`,
    );
  }
  const { stdout, stderr } = spawnSync(program, ['-version'], { encoding: 'utf8' });
  const build = `${stderr}${stdout}`;
  const version = /version "([^"]+)"/.exec(build)?.[1] ?? 'none that runs';
  // Java 8 calls itself 1.8.
  if (Number.parseInt(version, 10) >= OLDEST_JAVA) return { program: realpathSync(program), build };
  throw invalidSettings(
    `Kafka needs Java ${OLDEST_JAVA} or later, ${program} is ${version}: set JAVA_HOME or PATH`,
  );
}

/**
 * Maven, which downloads Kafka.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when there is none in `PATH`
 */
export function findMaven(env: Environment): string {
  const program = findInFolders('mvn', pathFolders(env));
  if (program !== undefined) return program;
  throw invalidSettings("Kafka is downloaded by Maven: no 'mvn' in PATH");
}

/**
 * The JDK's tool for keys and certificates.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when there is none
 */
export function findKeytool(env: Environment): string {
  const program = findProgram('keytool', env);
  if (program !== undefined) return program;
  throw invalidSettings("--secure needs the JDK's keytool: no 'keytool' in PATH or JAVA_HOME");
}

function findProgram(name: string, env: Environment): string | undefined {
  const home = env.JAVA_HOME ?? '';
  const folders = home === '' ? [] : [join(home, 'bin')];
  return findInFolders(name, [...folders, ...pathFolders(env)]);
}

function pathFolders(env: Environment): string[] {
  return (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

function findInFolders(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  if (!existsSync(file) || !statSync(file).isFile()) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end, with nothing to read.
 *
 * @returns what it wrote to its standard output
 * @throws {KafkaClusterError} with the first of what it said when its exit code is not 0
 */
export async function runToEnd(
  program: string,
  args: readonly string[],
  env: Environment,
): Promise<string> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (status === 0) return output;
  throw new KafkaClusterError(firstReason(`${errors}\n${output}`) ?? `exit code ${status}`);
}

/** The first line that tells of an error, without the marks that Maven puts around it. */
function firstReason(output: string): string | undefined {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.replace(/^\[ERROR\] | -> \[Help .*$/g, '').trim());
  return (
    lines.find((line) => /error|exception|fail/i.test(line)) ?? lines.find((line) => line !== '')
  );
}
