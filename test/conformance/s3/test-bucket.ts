/**
 * An empty bucket on a server under test, and helpers for the cases.
 *
 * @module
 */

import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { createS3Client } from '../../../lambda/io/s3-object-store.ts';

/** A running server. */
export interface S3Endpoint {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A bucket that only one case uses. */
export interface TestBucket {
  readonly client: S3Client;
  readonly name: string;
}

/** One promise of S3. */
export interface ConformanceCase {
  /** The promise; the group's title is its subject. */
  readonly name: string;
  /** Rejects if the server breaks the promise. */
  run(bucket: TestBucket): Promise<void>;
}

/** Cases about one part of S3, or of a component that uses it. */
export interface ConformanceGroup {
  readonly title: string;
  /** The page that documents it. */
  readonly source: string;
  readonly cases: readonly ConformanceCase[];
}

/**
 * Creates the function's own client for a server. The client is configured by the environment, which
 * the caller must restore afterwards (`vi.unstubAllEnvs`).
 */
export function createFunctionClient({ endpoint, credentials }: S3Endpoint): S3Client {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  // Without jitter there is no delay between retries.
  return createS3Client({ maxParallelPuts: 16, random: () => 0 });
}

/** Creates a bucket with a unique name. */
export async function createTestBucket(client: S3Client): Promise<TestBucket> {
  const name = `conformance-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: name }));
  return { client, name };
}

/** Puts an object, by default with the body `hello`. */
export function put(
  { client, name }: TestBucket,
  key: string,
  more: Partial<PutObjectCommandInput> = {},
): Promise<PutObjectCommandOutput> {
  return client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: 'hello', ...more }));
}

/** Puts many objects, each with its key as its body. */
export async function putAll(bucket: TestBucket, keys: readonly string[]): Promise<void> {
  const waiting = [...keys];
  const work = Array.from({ length: 16 }, async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      await put(bucket, key, { Body: key });
    }
  });
  await Promise.all(work);
}

/** Reads an object's bytes. */
export async function read(
  { client, name }: TestBucket,
  key: string,
  more: Partial<GetObjectCommandInput> = {},
): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Reads an object as text. */
export async function readText(bucket: TestBucket, key: string): Promise<string> {
  return (await read(bucket, key)).toString();
}

/** One page of the bucket's listing. */
export function listPage(
  { client, name }: TestBucket,
  more: Partial<ListObjectsV2CommandInput> = {},
): Promise<ListObjectsV2CommandOutput> {
  return client.send(new ListObjectsV2Command({ Bucket: name, ...more }));
}

/** A listing of all pages. */
export interface WholeListing {
  readonly keys: string[];
  readonly prefixes: string[];
  /** Keys and common prefixes on each page. */
  readonly pageSizes: number[];
}

/** Lists the whole bucket. */
export async function listAll(
  bucket: TestBucket,
  more: Partial<ListObjectsV2CommandInput> = {},
): Promise<WholeListing> {
  const listing: WholeListing = { keys: [], prefixes: [], pageSizes: [] };
  let ContinuationToken: string | undefined;
  do {
    const page = await listPage(bucket, { ...more, ContinuationToken });
    listing.keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    listing.prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
    listing.pageSizes.push(page.KeyCount ?? -1);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return listing;
}

/** Sorts keys as S3's listings do: by their UTF-8 bytes. */
export function byteOrder(keys: readonly string[]): string[] {
  return [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

/** The status and code of a call that fails; rejects if the call succeeds or gets no response. */
export async function failureOf(call: Promise<unknown>): Promise<[status: number, code: string]> {
  const error = await call.then(
    () => new TypeError('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof S3ServiceException)) throw error;
  return [error.$metadata.httpStatusCode ?? 0, error.name];
}
