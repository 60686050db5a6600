import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

/** A record as an object holds it. */
export interface ArchivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** An archived object, read whole. */
export interface ArchivedObject {
  readonly key: string;
  /** Bytes as stored. */
  readonly bytes: number;
  readonly lines: readonly string[];
}

/** Reads all objects of a bucket whose keys begin with a prefix, in the order of their keys. */
export async function* readObjects(
  client: S3Client,
  bucket: string,
  prefix = '',
): AsyncGenerator<ArchivedObject> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Key: key = '' } of page.Contents ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const body = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const lines = decompress(key, body).toString().split('\n');
      // Each line ends in a line break, so that nothing follows the last.
      yield { key, bytes: body.length, lines: lines.slice(0, -1) };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** Reads a record line back into the bytes that Kafka held. */
export function readRecordLine(line: string): ArchivedRecord {
  const record = JSON.parse(line);
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    key: toBytes(record.key, record.key_encoding),
    value:
      record.value_encoding === 'json'
        ? Buffer.from(embeddedValue(line))
        : toBytes(record.value, record.value_encoding),
  };
}

/**
 * The embedded value's own text: the fields around it are always the same ones, and a quote inside a
 * string is always escaped, so that neither mark can come earlier or later.
 */
function embeddedValue(line: string): string {
  const start = '],"value":';
  const end = ',"value_encoding":"json","metadata":{';
  return line.slice(line.indexOf(start) + start.length, line.lastIndexOf(end));
}

function toBytes(text: string | null, encoding: string): Buffer | null {
  if (text === null) return null;
  return Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
}

function decompress(key: string, body: Uint8Array): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(body);
  return key.endsWith('.zst') ? zstdDecompressSync(body) : Buffer.from(body);
}
