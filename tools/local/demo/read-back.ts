import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { objectMetadataNames } from '../../../lambda/contract.ts';
import { type DecodedRecord, decodeLine } from '../../../lambda/core/record/decode-line.ts';
import { hashedPlace, plainPlace } from '../s3-server/key-place.ts';

/** What identifies a record of the archive. */
export type ArchivedRecord = Pick<
  DecodedRecord,
  'topic' | 'partition' | 'offset' | 'timestamp' | 'key' | 'value'
>;

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
    for (const line of lines) ledger.readBack(decodeLine(line));
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

function decompress(key: string, body: Uint8Array): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(body);
  return key.endsWith('.zst') ? zstdDecompressSync(body) : Buffer.from(body);
}
