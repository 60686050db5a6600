import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, provideDistribution } from '../../kafka-cluster/distribution.ts';
import { KafkaClusterError } from '../../kafka-cluster/errors.ts';
import { refusalOf, temporaryFolders, writeProgram } from './fake-programs.ts';

const folders = temporaryFolders();

/** Has Maven be that script, which finds the folder for the jars as `$target`. */
function machine(script: string) {
  const programs = folders.create();
  const target = `for word in "$@"; do case $word in -Doutput*) target=\${word#*=};; esac; done`;
  writeProgram(programs, 'mvn', `${target}\n${script}`);
  const lines: string[] = [];
  const env = { PATH: programs, XDG_CACHE_HOME: folders.create() };
  const provide = () => provideDistribution(env, (line) => lines.push(line));
  return { provide, lines, programs, env };
}

const twoJars = ': > "$target/b.jar"; : > "$target/a.jar"; : > "$target/notes.txt"';

describe('the cache', () => {
  it.each([
    [{ XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c/msk-s3-archiver'],
    [{ HOME: '/h' }, '/h/.cache/msk-s3-archiver'],
    [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/msk-s3-archiver'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/msk-s3-archiver'],
    [{}, join(homedir(), '.cache', 'msk-s3-archiver')],
  ])('of %j is %s', (env, folder) => {
    expect(cacheFolder(env)).toBe(folder);
  });
});

describe("Kafka's jars", () => {
  it('are downloaded once, with checksums that must be right', async () => {
    const { provide, lines, programs } = machine(`${twoJars}; echo "$@" >> "$0.calls"`);
    const { version, folder, classPath } = await provide();
    expect(version).toMatch(/^4\.\d+\.\d+$/);
    expect(classPath).toBe(`${join(folder, 'lib', 'a.jar')}:${join(folder, 'lib', 'b.jar')}`);
    expect(await provide()).toEqual({ version, folder, classPath });
    expect(lines).toEqual([`Downloading Kafka ${version} (once, 45 MB)`]);
    const calls = readFileSync(join(programs, 'mvn.calls'), 'utf8').trimEnd().split('\n');
    expect(calls).toEqual([expect.stringMatching(/ --strict-checksums .*:copy-dependencies /)]);
    expect(readdirSync(folder)).toEqual(['lib']);
  });

  it('are not taken for complete when the download fails', async () => {
    const first = `: > "$target/a.jar"; echo '[ERROR] Connection refused -> [Help 1]'; exit 1`;
    const { provide, programs, env } = machine(first);
    await expect(provide()).rejects.toEqual(
      new KafkaClusterError('Maven could not download Kafka: Connection refused'),
    );
    const [folder = ''] = readdirSync(cacheFolder(env));
    expect(readdirSync(join(cacheFolder(env), folder))).toEqual([]);
    writeProgram(programs, 'mvn', 'exit 1');
    await expect(provide()).rejects.toThrow('Maven could not download Kafka: exit code 1');
  });

  it('may be downloaded by several at once', async () => {
    const { provide } = machine(twoJars);
    const [one, other] = await Promise.all([provide(), provide()]);
    expect(one).toEqual(other);
    expect(readdirSync(one.folder)).toEqual(['lib']);
  });

  it('need no Maven when they are there', async () => {
    const { provide, env } = machine(twoJars);
    const { folder } = await provide();
    const withoutMaven = { ...env, PATH: '' };
    expect((await provideDistribution(withoutMaven, () => undefined)).folder).toBe(folder);
    mkdirSync(join(dirname(folder), 'other'));
    const elsewhere = { PATH: '', XDG_CACHE_HOME: join(dirname(folder), 'other') };
    expect(await refusalOf(() => provideDistribution(elsewhere, () => undefined))).toBe(
      "Kafka is downloaded by Maven: no 'mvn' in PATH",
    );
  });
});
