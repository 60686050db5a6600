import { Buffer } from 'node:buffer';
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';

const unzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);

/** Objects that are read concurrently. */
const READ_AHEAD = 4;

/** An object in the folder of the S3 server. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /**
   * Epoch milliseconds at which the object got its name: the ctime of its file, which has the resolution of the
   * kernel's clock (4 ms). The server's `LastModified` has whole seconds.
   */
  readonly storedAt: number;
}

/** Lists a bucket of an S3 server that keeps each object as a file, sorted by key. */
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

/** An object with its lines. */
export interface ReadObject extends StoredObject {
  /** Decompressed. */
  readonly lines: readonly string[];
}

/** Reads objects through the S3 API, some ahead of the caller, and yields them in the given order. */
export async function* readObjects(
  client: S3Client,
  bucket: string,
  objects: readonly StoredObject[],
): AsyncGenerator<ReadObject> {
  const ahead: Promise<ReadObject>[] = [];
  for (const object of objects) {
    const reading = readLines(client, bucket, object.key).then((lines) => ({ ...object, lines }));
    // The caller sees a rejection when it is this object's turn.
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

/** Decompresses by the magic number. */
async function unpack(body: Buffer): Promise<Buffer> {
  const magic = body.toString('hex', 0, 4);
  if (magic.startsWith('1f8b')) return unzip(body);
  return magic === '28b52ffd' ? unzstd(body) : body;
}

/** Requests to a bucket. */
export interface RequestCounts {
  /** Requests that S3 charges as PUTs: whole objects, and each step of a multipart upload. */
  readonly puts: number;
  /** Requests of any kind with a status of 400 or more. */
  readonly failed: number;
}

/** Operations charged as PUTs, by versitygw's names. */
const putOperations = [
  's3_PutObject',
  's3_CreateMultipartUpload',
  's3_UploadPart',
  's3_CompleteMultipartUpload',
];

/** Owner, bucket, time, address, requester, request id, operation, key, URI, status. */
const linePattern =
  /^\S+ (?<bucket>\S+) \[[^\]]*\] \S+ \S+ \S+ (?<operation>\S+) \S+ \S+ (?<status>\d+)/;

/**
 * Counts a bucket's requests in versitygw's access log, which has S3's fields without the quotes:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function countRequests(log: string, bucket: string): RequestCounts {
  let puts = 0;
  let failed = 0;
  for (const line of log.split('\n')) {
    const { bucket: name, operation = '', status } = linePattern.exec(line)?.groups ?? {};
    if (name !== bucket) continue;
    if (putOperations.includes(operation)) puts += 1;
    if (Number(status) >= 400) failed += 1;
  }
  return { puts, failed };
}
