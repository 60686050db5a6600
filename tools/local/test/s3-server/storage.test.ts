import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { recordPlace } from '../../s3-server/key-place.ts';
import { startS3Server } from '../../s3-server/server.ts';
import { bucket, createClient, failureOf, startServer, temporaryRoot } from './running-server.ts';

function put(client: S3Client, key: string, body: string) {
  const Metadata = { body };
  return client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, Metadata }));
}

async function read(client: S3Client, key: string) {
  const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return { body: await got.Body?.transformToString(), described: got.Metadata?.body };
}

async function listKeys(client: S3Client): Promise<(string | undefined)[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key);
}

const oddKeys = [
  '../escape',
  '../../escape',
  '..',
  '.',
  'a/../../../escape',
  'a/./b',
  '/absolute',
  '/etc/passwd',
  'double//slash',
  'trailing/',
  'trailing',
  'trailing//',
  '%2e%2e%2fescape',
  '..%2fescape',
  '..\\escape',
  'c:\\escape',
  'nul\u0000byte',
  'line\nbreak',
  'con',
  'aux.json',
  'dot.',
  'space ',
  `${'x'.repeat(256)}/y`,
  'é'.repeat(128),
  'n'.repeat(255),
  'd/'.repeat(500),
  '.s3/archive/x',
  '.keys-by-hash/x',
  '.KEYS-BY-HASH/x',
  'a',
  'a/b',
  'a/b/c',
  'A',
  '\u00e9',
  'e\u0301',
  '\u{1f600}',
  'plain key+with=signs&more?#;@',
];

/** A body that identifies its key. */
const bodyFor = (key: string) => Buffer.from(key).toString('hex').slice(-300);

describe('any key', () => {
  it('has its own object inside the bucket’s folder, after a restart too', async () => {
    const parent = await temporaryRoot();
    const root = path.join(parent, 'root');
    const server = await startServer({ root });
    // A folder before the file with its name, the reverse of `a`, `a/b`, `a/b/c`.
    const all = [...oddKeys, 'z/y/x', 'z/y', 'z'];
    for (const key of all) await put(server.client, key, bodyFor(key));
    const before = await Promise.all(all.map((key) => read(server.client, key)));
    await server.close();
    const { client } = await startServer({ root });
    const after = await Promise.all(all.map((key) => read(client, key)));

    expect(before).toEqual(all.map((key) => ({ body: bodyFor(key), described: bodyFor(key) })));
    expect(after).toEqual(before);
    expect((await listKeys(client)).sort()).toEqual([...all].sort());
    expect(await readdir(parent)).toEqual(['root']);
    expect((await readdir(root)).sort()).toEqual(['.s3', bucket]);
    for (const Key of all) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    expect(await readdir(path.join(root, bucket))).toEqual([]);
  });

  it('that can be a path is stored at that path', async () => {
    const { client, root } = await startServer();
    for (const key of ['topics/t/year=2026/a.jsonl.gz', '.hidden', 'é/b c']) {
      await put(client, key, 'bytes');
      expect(await readFile(path.join(root, bucket, key), 'utf8')).toBe('bytes');
    }
  });

  it('never overwrites a file that the server did not create', async () => {
    const { client, root } = await startServer();
    await writeFile(path.join(root, bucket, 'note'), 'mine');
    await put(client, 'note', 'theirs');
    expect(await readFile(path.join(root, bucket, 'note'), 'utf8')).toBe('mine');
    expect(await read(client, 'note')).toEqual({ body: 'theirs', described: 'theirs' });
  });
});

describe('a restart', () => {
  it('finds objects, metadata and tags unchanged', async () => {
    const first = await startServer({ buckets: [bucket] });
    await put(first.client, 'a/b', 'old');
    await put(first.client, 'a/b', 'new');
    await put(first.client, 'gone', 'gone');
    const target = { Bucket: bucket, Key: 'a/b' };
    const Tagging = { TagSet: [{ Key: 'k', Value: 'v' }] };
    await first.client.send(new PutObjectTaggingCommand({ ...target, Tagging }));
    await first.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'gone' }));
    const before = await first.client.send(new HeadObjectCommand(target));
    await first.close();

    const { client } = await startServer({ root: first.root, buckets: [] });
    const { $metadata: _, ...after } = await client.send(new HeadObjectCommand(target));
    expect(await listKeys(client)).toEqual(['a/b']);
    expect(await read(client, 'a/b')).toEqual({ body: 'new', described: 'new' });
    expect(before).toMatchObject(after);
    expect(after.TagCount).toBe(1);
  });

  it('refuses a damaged record', async () => {
    const first = await startServer();
    await put(first.client, 'key', 'x');
    await first.close();
    const record = path.join(first.root, '.s3', bucket, recordPlace('key'));
    await writeFile(record, '{"key":"key"}');
    await expect(startS3Server({ root: first.root })).rejects.toThrow('is not the record');
  });
});

describe('a file', () => {
  it('that was modified outside the server is an InternalError, not another object', async () => {
    const { client, root } = await startServer();
    await put(client, 'key', 'hello');
    await writeFile(path.join(root, bucket, 'key'), 'longer than before');
    expect(await failureOf(read(client, 'key'))).toEqual([500, 'InternalError']);
  });

  it('that cannot be renamed into place leaves the old object unchanged', async () => {
    const { client, root } = await startServer();
    await put(client, 'key', 'old');
    await rm(path.join(root, bucket, 'key'));
    await mkdir(path.join(root, bucket, 'key'));
    expect(await failureOf(put(client, 'key', 'new'))).toEqual([500, 'InternalError']);
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'key' }));
    expect(head.Metadata).toEqual({ body: 'old' });
    expect(await readdir(path.join(root, '.s3', '.tmp'))).toEqual([]);
  });

  it('is read to its end even if it is replaced and deleted meanwhile', async () => {
    const { client } = await startServer();
    const old = 'o'.repeat(20_000_000);
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: old }));
    const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'key' }));
    await put(client, 'key', 'new');
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'key' }));
    expect((await got.Body?.transformToString()) === old).toBe(true);
  });
});

describe('a kill', () => {
  /** The folder before and after a put of `a/key`, and the file names that the put used. */
  async function beforeAndAfter(isOverwrite: boolean) {
    const root = await temporaryRoot();
    const before = await temporaryRoot();
    const server = await startS3Server({ root, buckets: [bucket] });
    const client = createClient(server.endpoint);
    if (isOverwrite) await put(client, 'a/key', 'old');
    await cp(root, before, { recursive: true });
    await put(client, 'a/key', 'new');
    await server.close();
    const record = path.join('.s3', bucket, recordPlace('a/key'));
    const text = await readFile(path.join(root, record), 'utf8');
    const id: string = JSON.parse(text).id;
    const temporary = path.join('.s3', '.tmp', id);
    return { root, before, record, temporary, body: path.join(bucket, 'a', 'key') };
  }

  it.each([
    ['before the body is complete', 'old', 0, false],
    ['before the body is complete', 'old', 0, true],
    ['before the record is complete', 'old', 1, false],
    ['before the record is complete', 'old', 1, true],
    ['before the record is in place', 'old', 2, false],
    ['before the record is in place', 'old', 2, true],
    ['before the body is in place', 'new', 3, false],
    ['before the body is in place', 'new', 3, true],
    ['after the last step', 'new', 4, false],
    ['after the last step', 'new', 4, true],
  ])('%s leaves the %s state (step %i, overwrite %s)', async (_when, state, step, isOverwrite) => {
    const { root, before, record, temporary, body } = await beforeAndAfter(isOverwrite);
    const copy = async (from: string, to: string) => {
      await mkdir(path.dirname(path.join(before, to)), { recursive: true });
      await cp(path.join(root, from), path.join(before, to));
    };
    if (step === 0) await writeFile(path.join(before, temporary), 'n');
    if (step > 0 && step < 4) await copy(body, temporary);
    if (step === 2) await copy(record, `${temporary}.json`);
    if (step > 2) await copy(record, record);
    if (step === 4) await copy(body, body);

    const { client } = await startServer({ root: before });
    if (state === 'old' && !isOverwrite) {
      expect(await failureOf(read(client, 'a/key'))).toEqual([404, 'NoSuchKey']);
      await rm(path.join(before, bucket, 'a'), { recursive: true, force: true });
    } else {
      expect(await read(client, 'a/key')).toEqual({ body: state, described: state });
    }
    expect(await readdir(path.join(before, '.s3', '.tmp'))).toEqual([]);
  });

  it('between the two steps of a delete leaves the object deleted', async () => {
    const { root, body, record } = await beforeAndAfter(false);
    await rename(path.join(root, body), path.join(root, 'elsewhere'));
    const { client } = await startServer({ root });
    expect(await listKeys(client)).toEqual([]);
    await expect(readFile(path.join(root, record))).rejects.toThrow('ENOENT');
  });

  it('at any moment loses no acknowledged put and exposes no partial object', async () => {
    const root = await temporaryRoot();
    const module = path.join(import.meta.dirname, '../../s3-server/server.ts');
    const script = `import { startS3Server } from ${JSON.stringify(module)};
      console.log((await startS3Server(${JSON.stringify({ root, buckets: [bucket] })})).endpoint);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [endpoint] = await once(createInterface(child.stdout), 'line');
    const client = createClient(String(endpoint));
    const bodyOf = (index: number) => `${index}.`.repeat(400);
    const answered = new Map<string, number>();
    const work = Array.from({ length: 8 }, async (_, worker) => {
      for (let round = 0; ; round += 1) {
        const key = `k/${worker}/${round % 5}`;
        await put(client, key, bodyOf(round));
        answered.set(key, round);
        if (worker === 0 && round === 30) child.kill('SIGKILL');
      }
    });
    await Promise.allSettled(work);
    const { client: second } = await startServer({ root });
    for (const [key, round] of answered) {
      const { body, described } = await read(second, key);
      expect(body).toBe(described);
      const rounds = [bodyOf(round), bodyOf(round + 5)];
      expect(rounds).toContain(body);
    }
    expect(answered.size).toBeGreaterThan(8);
  });
});
