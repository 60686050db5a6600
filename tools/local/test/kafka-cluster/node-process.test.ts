import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KafkaClusterError } from '../../kafka-cluster/errors.ts';
import { type NodeFiles, soleNode } from '../../kafka-cluster/node-files.ts';
import {
  isNodeCommand,
  killNode,
  runningPid,
  spawnNode,
  stopNode,
} from '../../kafka-cluster/node-process.ts';
import { temporaryFolders } from './fake-programs.ts';

const folders = temporaryFolders();

function newNode(): NodeFiles {
  const node = soleNode(folders.create());
  mkdirSync(node.folder);
  return node;
}

/** Starts Node in place of Java with that script, which says that it runs. */
async function startScript(node: NodeFiles, script: string) {
  const file = join(node.folder, 'node.mjs');
  writeFileSync(file, `${script}; setInterval(() => undefined, 1000); console.log('runs');`);
  const java = { program: process.execPath, options: [file], classPath: 'a.jar:b.jar' };
  const started = spawnNode(node, java);
  onTestFinished(async () => void (await killNode(node)));
  await expect.poll(() => readFileSync(node.log, 'utf8')).toContain('runs');
  return started;
}

describe("a node's process", () => {
  it.each([
    ['java -Xmx1m kafka.Kafka /a/server.properties', true],
    ['java -Xmx1m kafka.Kafka /a/server.properties ', true],
    ['java -Xmx1m kafka.Kafka /b/a/server.properties', false],
    ['java -Xmx1m kafka.Kafka /a/server.properties2', false],
    ['java -Xmx1m kafka.tools.StorageTool /a/server.properties', false],
    ['vi /a/server.properties', false],
    ['', false],
  ])('is known by "%s": %s', (command, isNode) => {
    expect(isNodeCommand(command, '/a/server.properties')).toBe(isNode);
  });

  it('runs with its class path, and says so in its log', async () => {
    const node = newNode();
    const { pid, logStart } = await startScript(node, 'console.log(process.env.CLASSPATH)');
    expect(runningPid(node)).toBe(pid);
    expect(logStart).toBe(0);
    expect(readFileSync(node.log, 'utf8')).toBe('a.jar:b.jar\nruns\n');
    expect(readFileSync(node.pid, 'utf8')).toBe(`${pid}\n`);
  });

  it('is shut down in its own way', async () => {
    const node = newNode();
    await startScript(
      node,
      "process.once('SIGTERM', () => { console.log('bye'); process.exit(0); })",
    );
    expect(await stopNode(node)).toBe(true);
    expect(readFileSync(node.log, 'utf8')).toBe('runs\nbye\n');
    expect(runningPid(node)).toBeUndefined();
    expect(existsSync(node.pid)).toBe(false);
    expect(await stopNode(node)).toBe(false);
  });

  it('is killed when it does not shut down in time', async () => {
    const node = newNode();
    await startScript(node, "process.on('SIGTERM', () => console.log('no'))");
    expect(await stopNode(node, 50)).toBe(true);
    expect(runningPid(node)).toBeUndefined();
  });

  it('is killed at once when asked for', async () => {
    const node = newNode();
    await startScript(node, "process.on('SIGTERM', () => console.log('no'))");
    expect(await killNode(node)).toBe(true);
    expect(readFileSync(node.log, 'utf8')).toBe('runs\n');
    expect(await killNode(node)).toBe(false);
  });

  it('adds to its log, and knows where it began', async () => {
    const node = newNode();
    writeFileSync(node.log, 'before\n');
    expect((await startScript(node, '')).logStart).toBe(7);
    expect(readFileSync(node.log, 'utf8')).toBe('before\nruns\n');
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'ends with the one that started it, which got %s, unless it was released',
    async (signal) => {
      const [bound, released] = [newNode(), newNode()];
      onTestFinished(async () => void (await killNode(released)));
      const module = join(import.meta.dirname, '../../kafka-cluster/node-process.ts');
      const script = `const { spawnNode } = await import(${JSON.stringify(module)});
        const options = ['--eval', 'setInterval(() => undefined, 1000)', '--'];
        const java = { program: process.execPath, options, classPath: '' };
        spawnNode(${JSON.stringify(bound)}, java);
        spawnNode(${JSON.stringify(released)}, java).release();
        console.log('runs');
        setInterval(() => undefined, 1000);`;
      const starter = spawn(process.execPath, ['--input-type=module', '--eval', script]);
      await once(starter.stdout, 'data');
      expect(runningPid(bound)).toBeDefined();
      starter.kill(signal);
      expect(await once(starter, 'exit')).toEqual([null, signal]);
      await expect.poll(() => runningPid(bound)).toBeUndefined();
      expect(runningPid(released)).toBeDefined();
    },
  );

  it('cannot be without its program', () => {
    const java = { program: join(folders.create(), 'java'), options: [], classPath: '' };
    const message = `${java.program} could not be started`;
    expect(() => spawnNode(newNode(), java)).toThrow(new KafkaClusterError(message));
  });
});

describe("another's process", () => {
  it('is neither taken for the node nor ended, whatever the file says', async () => {
    const other = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)']);
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other, 'spawn');
    const node = newNode();
    writeFileSync(node.pid, `${other.pid}\n`);
    expect(runningPid(node)).toBeUndefined();
    expect(await stopNode(node)).toBe(false);
    expect(await killNode(node)).toBe(false);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  it.each(['', 'x', '-1', '0', '1', '999999999999999999999'])(
    'is not looked for when the file says "%s"',
    (text) => {
      const node = newNode();
      writeFileSync(node.pid, text);
      expect(runningPid(node)).toBeUndefined();
    },
  );
});
