import { settingRanges } from '../../../lambda/contract.ts';
import type { ArchiveObject } from '../../../lambda/core/object/archive-plan.ts';
import { createS3Client, createS3ObjectStore } from '../../../lambda/io/s3-object-store.ts';

/** Objects of a plan. */
export type PutObjects = readonly Pick<
  ArchiveObject,
  'key' | 'body' | 'contentType' | 'metadata'
>[];

/**
 * Makes a function that puts objects, their keys under a folder, as the archive function does: through its
 * own client and store, all at a time.
 *
 * Sets the variables that an SDK client reads its endpoint and credentials from.
 */
export function createObjectPutter({
  endpoint,
  bucket: archiveBucket,
}: {
  readonly endpoint: string;
  readonly bucket: string;
}): (folder: string, objects: PutObjects) => Promise<void> {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL_S3: endpoint,
  });
  const maxParallelPuts = settingRanges.maxParallelPuts.default;
  const client = createS3Client({ maxParallelPuts, random: Math.random });
  const store = createS3ObjectStore(client, { archiveBucket, storageClass: 'STANDARD' });
  const options = { signal: new AbortController().signal, attemptTimeout: 60_000 };
  return async (folder, objects) => {
    await Promise.all(
      objects.map((object) => store.create({ ...object, key: `${folder}${object.key}` }, options)),
    );
  };
}
