import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { objectMetadataNames } from '../../../lambda/contract.ts';
import { hashedPlace, plainPlace } from '../s3-server/key-place.ts';

/** A record as in an archived object. */
export interface ArchivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds, or what the event held in their place. */
  readonly timestamp: number | string | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** An archived object, read whole. */
export interface ArchivedObject {
  readonly key: string;
  /** Size as stored. */
  readonly bytes: number;
  readonly lines: readonly string[];
  /** Whether it was replayed from a failed batch. */
  readonly isReplayed: boolean;
}

/** Reads all objects of a bucket whose keys begin with a prefix, ordered by key. */
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
      const { Body, Metadata = {} } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
      );
      const body = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const lines = decompress(key, body).toString().split('\n');
      // Each line ends with a line break, so nothing follows the last one.
      const isReplayed = Metadata[objectMetadataNames.failedBatch] !== undefined;
      yield { key, bytes: body.length, lines: lines.slice(0, -1), isReplayed };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** Totals of an archive. */
export interface ReadBack {
  readonly objects: number;
  readonly records: number;
  readonly bytesStored: number;
  /** Objects that a replay stored. */
  readonly replayedObjects: number;
  readonly replayedRecords: number;
  /** Objects whose key cannot be a path, so that the local S3 server keeps them in a folder of their own. */
  readonly hashedObjects: number;
  /** Path of the last object below its bucket's folder. */
  readonly lastFile: string;
  readonly lastLine: string;
}

/**
 * Reads every record of a bucket back into a ledger, as a reader of the archive would: list, get,
 * decompress.
 *
 * @param onObject called after each object with the totals so far
 */
export async function readBack(
  {
    bucket,
    client,
    prefix,
  }: { readonly client: S3Client; readonly bucket: string; readonly prefix?: string },
  ledger: { readBack(record: ArchivedRecord): unknown },
  onObject: (read: ReadBack) => void,
): Promise<ReadBack> {
  const read = {
    ...{ objects: 0, records: 0, bytesStored: 0, replayedObjects: 0, replayedRecords: 0 },
    ...{ hashedObjects: 0, lastFile: '', lastLine: '' },
  };
  for await (const { key, bytes, isReplayed, lines } of readObjects(client, bucket, prefix)) {
    for (const line of lines) ledger.readBack(readRecordLine(line));
    read.objects += 1;
    read.records += lines.length;
    read.bytesStored += bytes;
    if (isReplayed) {
      read.replayedObjects += 1;
      read.replayedRecords += lines.length;
    }
    const file = plainPlace(key);
    if (file === undefined) read.hashedObjects += 1;
    read.lastFile = file ?? hashedPlace(key);
    read.lastLine = lines.at(-1) ?? '';
    onObject(read);
  }
  return read;
}

/** Decodes a record line of any format into the bytes of the Kafka record. */
export function readRecordLine(line: string): ArchivedRecord {
  const record = JSON.parse(line);
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    key: toBytes(record.key, record.key_encoding),
    value:
      record.value_encoding === 'json'
        ? Buffer.from(embeddedValue(line, lineBreaks[record.value_line_break ?? 'none']))
        : toBytes(record.value, record.value_encoding),
  };
}

/** What each tab of an embedded value stands for. */
const lineBreaks: Readonly<Record<string, string>> = { none: '\t', lf: '\n', crlf: '\r\n' };

/**
 * The text of the embedded value. The surrounding fields are always the same, and quotes inside strings
 * are escaped, so neither mark can occur anywhere else.
 */
function embeddedValue(line: string, lineBreak = '\t'): string {
  const start = '],"value":';
  const end = ',"value_encoding":"json",';
  const text = line.slice(line.indexOf(start) + start.length, line.lastIndexOf(end));
  return text.replaceAll('\t', lineBreak);
}

function toBytes(text: string | null, encoding: string): Buffer | null {
  if (text === null) return null;
  return Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
}

function decompress(key: string, body: Uint8Array): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(body);
  return key.endsWith('.zst') ? zstdDecompressSync(body) : Buffer.from(body);
}
