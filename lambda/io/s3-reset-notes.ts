import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { resetsPrefix } from '../core/audit/derived-keys.ts';
import {
  decodeResetNote,
  encodeResetNote,
  type ResetNote,
  type ResetNotes,
  resetNoteKey,
} from '../core/audit/reset-note.ts';
import { callAws } from './aws-errors.ts';
import { createS3Source } from './s3-archive-source.ts';

/** Where the notes about resets are. */
export interface ResetNotesPlace {
  /** The bucket for derived data. */
  readonly bucket: string;
  /** The setting `objectPrefix`. */
  readonly objectPrefix: string;
}

/**
 * Keeps the notes about resets in the bucket for derived data.
 *
 * @param client retries what is retryable
 */
export function createS3ResetNotes(
  client: S3Client,
  { bucket, objectPrefix }: ResetNotesPlace,
): ResetNotes {
  return {
    async load(topic, options) {
      const source = createS3Source(client, bucket, options);
      const notes: ResetNote[] = [];
      for await (const page of source.listAll(resetsPrefix({ objectPrefix, topic }))) {
        for (const { key } of page) {
          const { body } = await source.read(key);
          notes.push(decodeResetNote(await text(Readable.from(body)), key));
        }
      }
      return notes;
    },

    async write(note, options) {
      const Key = resetNoteKey({ objectPrefix, topic: note.topic }, note);
      const command = new PutObjectCommand({
        ...{ Bucket: bucket, Key, Body: encodeResetNote(note), ContentType: 'application/json' },
      });
      const call = { code: 'STORE_WRITE_FAILED', action: `put of '${Key}'` } as const;
      await callAws(call, options, (sent) => client.send(command, sent));
    },
  };
}
