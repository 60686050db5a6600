import type { S3Client } from '@aws-sdk/client-s3';
import { ledgerKey } from '../core/audit/derived-keys.ts';
import type { LedgerStore } from '../core/audit/ledger.ts';
import { ledgerJson, parseLedger } from '../core/audit/ledger-json.ts';
import { createVersionedTexts } from './versioned-texts.ts';

/** Where ledgers are stored. */
export interface S3LedgerStoreOptions {
  /** The bucket for derived data. */
  readonly derivedBucket: string;
  /** The setting `objectPrefix`: empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
}

/**
 * Stores ledgers in an S3 bucket, with conditional writes: of two audits that have loaded the same ledger, one saves its
 * own.
 *
 * @param client retries what is retryable
 */
export function createS3LedgerStore(
  client: S3Client,
  { derivedBucket, objectPrefix }: S3LedgerStoreOptions,
): LedgerStore {
  const texts = createVersionedTexts(client, derivedBucket);
  return {
    async load(topic, options) {
      const key = ledgerKey({ objectPrefix, topic });
      const stored = await texts.load(key, options);
      if (stored === undefined) return undefined;
      return { ledger: parseLedger(stored.text, key), version: stored.version };
    },

    async save(ledger, version, options) {
      const key = ledgerKey({ objectPrefix, topic: ledger.topic });
      return await texts.save(key, { text: ledgerJson(ledger), version }, options);
    },
  };
}
