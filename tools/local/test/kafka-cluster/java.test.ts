import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KafkaClusterError } from '../../kafka-cluster/errors.ts';
import { findJava, findKeytool, findMaven, runToEnd } from '../../kafka-cluster/java.ts';
import { javaVersion, refusalOf, temporaryFolders, writeProgram } from './fake-programs.ts';

const folders = temporaryFolders();

describe('Java', () => {
  it.each(['17', '17.0.15', '21.0.2', '26-ea'])('is taken when it is %s', (version) => {
    const folder = folders.create();
    const program = writeProgram(folder, 'java', javaVersion(version));
    const { build, ...java } = findJava({ PATH: [folders.create(), folder].join(delimiter) });
    expect(java).toEqual({ program: realpathSync(program) });
    expect(build).toContain(`"${version}"`);
  });

  it.each(['16.0.2', '11.0.2', '1.8.0_402'])('is refused when it is %s', async (version) => {
    const folder = folders.create();
    const program = writeProgram(folder, 'java', javaVersion(version));
    expect(await refusalOf(() => findJava({ PATH: folder }))).toBe(
      `Kafka needs Java 17 or later, ${program} is ${version}: set JAVA_HOME or PATH`,
    );
  });

  it('is refused when it does not run', async () => {
    const folder = folders.create();
    const program = writeProgram(folder, 'java', 'exit 1');
    expect(await refusalOf(() => findJava({ PATH: folder }))).toBe(
      `Kafka needs Java 17 or later, ${program} is none that runs: set JAVA_HOME or PATH`,
    );
  });

  it('is that of JAVA_HOME, if there is one', () => {
    const [home, folder] = [folders.create(), folders.create()];
    writeProgram(folder, 'java', javaVersion('17'));
    expect(findJava({ JAVA_HOME: home, PATH: folder }).program).toBe(join(folder, 'java'));
    writeProgram(join(home, 'bin'), 'java', javaVersion('21'));
    expect(findJava({ JAVA_HOME: home, PATH: folder }).program).toBe(join(home, 'bin', 'java'));
  });
});

describe('what is missing', () => {
  it.each(['', undefined, join('/', 'no', 'such', 'folder')])(
    'is told for PATH %j',
    async (PATH) => {
      expect(await refusalOf(() => findJava({ PATH }))).toBe(
        "Kafka needs Java 17 or later: no 'java' in PATH or JAVA_HOME",
      );
      expect(await refusalOf(() => findMaven({ PATH }))).toBe(
        "Kafka is downloaded by Maven: no 'mvn' in PATH",
      );
      expect(await refusalOf(() => findKeytool({ PATH }))).toBe(
        "--secure needs the JDK's keytool: no 'keytool' in PATH or JAVA_HOME",
      );
    },
  );
});

describe('a program that is run', () => {
  it('gives its output', async () => {
    const program = writeProgram(folders.create(), 'say', 'echo "$1 $NAME"');
    expect(await runToEnd(program, ['a b'], { NAME: 'c' })).toBe('a b c\n');
  });

  it.each([
    ["echo 'first'; echo '[ERROR] it failed -> [Help 1]'; exit 1", 'it failed'],
    ["echo 'out'; echo 'java.io.IOException: no' >&2; exit 1", 'java.io.IOException: no'],
    ["echo; echo 'why not'; exit 1", 'why not'],
    ['exit 3', 'exit code 3'],
  ])('fails by what "%s" says first of an error', async (script, reason) => {
    const program = writeProgram(folders.create(), 'fail', script);
    await expect(runToEnd(program, [], {})).rejects.toEqual(new KafkaClusterError(reason));
  });
});
