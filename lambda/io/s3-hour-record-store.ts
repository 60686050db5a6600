import type { S3Client } from '@aws-sdk/client-s3';
import { hourRecordKey, hourRecordsPrefix } from '../core/audit/derived-keys.ts';
import type { HourPeriod } from '../core/audit/hour-period.ts';
import {
  decodeHourRecord,
  encodeHourRecord,
  type HourRecordStore,
} from '../core/audit/hour-record.ts';
import { createS3Source } from './s3-archive-source.ts';
import { createVersionedTexts } from './versioned-texts.ts';

/** Where hour records are stored. */
export interface S3HourRecordStoreOptions {
  /** The bucket for derived data. */
  readonly derivedBucket: string;
  /** The setting `objectPrefix`: empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
}

const name = /^dt=(\d{4}-\d\d-\d\d)\/hour=(\d\d|all)\.json$/;

/**
 * Stores hour records in an S3 bucket, with conditional writes: of two writers that have loaded the same record, one
 * saves its own.
 *
 * @param client retries what is retryable
 */
export function createS3HourRecordStore(
  client: S3Client,
  { derivedBucket: bucket, objectPrefix }: S3HourRecordStoreOptions,
): HourRecordStore {
  const texts = createVersionedTexts(client, bucket);
  return {
    async list(topic, options) {
      const prefix = hourRecordsPrefix({ objectPrefix, topic });
      const periods: HourPeriod[] = [];
      for await (const page of createS3Source(client, bucket, options).listAll(prefix)) {
        for (const { key } of page) {
          const [, dt, hour] = name.exec(key.slice(prefix.length)) ?? [];
          if (dt !== undefined && hour !== undefined) periods.push({ dt, hour });
        }
      }
      return periods;
    },

    async load(topic, { dt, hour }, options) {
      const key = hourRecordKey({ objectPrefix, topic }, dt, hour);
      const stored = await texts.load(key, options);
      if (stored === undefined) return undefined;
      return { record: decodeHourRecord(stored.text, key), version: stored.version };
    },

    async save(record, version, options) {
      const { dt, hour, topic } = record;
      const key = hourRecordKey({ objectPrefix, topic }, dt, hour);
      return await texts.save(key, { text: encodeHourRecord(record), version }, options);
    },
  };
}
