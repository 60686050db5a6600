import { Buffer } from 'node:buffer';
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';

const unzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);

/** Objects that are read at a time. */
const READ_AHEAD = 4;

/** An object in the folder of the S3 server. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /**
   * Epoch milliseconds at which it got its name: the change time of its file, which has the resolution of the
   * kernel's clock, 4 ms at most. The server's `LastModified` has whole seconds.
   */
  readonly storedAt: number;
}

/** The objects of a bucket of an S3 server that keeps each as a file, in the order of their keys. */
export function listStored(root: string, bucket: string): StoredObject[] {
  const folder = join(root, bucket);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const { ctimeMs, size } = statSync(file);
      return { key: relative(folder, file), bytes: size, storedAt: ctimeMs };
    })
    .filter(({ key }) => !key.startsWith('.sgwtmp'))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** An object of which the lines were read. */
export interface ReadObject extends StoredObject {
  /** Unpacked, where it is compressed. */
  readonly lines: readonly string[];
}

/**
 * Reads objects of a bucket, as a user of the archive would, some ahead of the caller: their order is the one
 * in which they are given.
 */
export async function* readObjects(
  client: S3Client,
  bucket: string,
  objects: readonly StoredObject[],
): AsyncGenerator<ReadObject> {
  const ahead: Promise<ReadObject>[] = [];
  for (const object of objects) {
    const reading = readLines(client, bucket, object.key).then((lines) => ({ ...object, lines }));
    // Told to the caller when it is its turn, should the caller still want to know.
    reading.catch(() => undefined);
    ahead.push(reading);
    if (ahead.length < READ_AHEAD) continue;
    const next = ahead.shift();
    if (next !== undefined) yield await next;
  }
  for (const next of ahead) yield await next;
}

async function readLines(client: S3Client, bucket: string, key: string): Promise<string[]> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const body = (await Body?.transformToByteArray()) ?? new Uint8Array();
  const text = (await unpack(Buffer.from(body))).toString();
  return text.split('\n').filter((line) => line !== '');
}

/** By the number that a file of each compression begins with. */
async function unpack(body: Buffer): Promise<Buffer> {
  const magic = body.toString('hex', 0, 4);
  if (magic.startsWith('1f8b')) return unzip(body);
  return magic === '28b52ffd' ? unzstd(body) : body;
}
