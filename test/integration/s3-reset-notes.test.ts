import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { ResetNote } from '../../lambda/core/audit/reset-note.ts';
import { createS3ResetNotes } from '../../lambda/io/s3-reset-notes.ts';
import { bucket, startServer } from '../../tools/local/test/s3-server/running-server.ts';

const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

const noteAt = (at: string, topic = 'orders'): ResetNote => ({
  ...{ format: 1, topic, group: 'shop-orders', at },
  skipped: [{ partition: 0, first: 100, last: 149 }],
});

describe('the notes of resets', () => {
  it('are those of one topic, in the order of time', async () => {
    const { client } = await startServer();
    const notes = createS3ResetNotes(client, { bucket, objectPrefix: 'shop/' });
    expect(await notes.load('orders', patient)).toEqual([]);
    const [later, earlier] = [
      noteAt('2026-11-28T09:00:00.000Z'),
      noteAt('2026-11-27T09:00:00.000Z'),
    ];
    for (const note of [later, earlier, noteAt('2026-11-26T09:00:00.000Z', 'orders-eu')]) {
      await notes.write(note, patient);
    }
    expect(await notes.load('orders', patient)).toEqual([earlier, later]);
  });

  it('are not read if one is broken', async () => {
    const { client } = await startServer();
    const Key = 'audit/topic=orders/resets/2026-11-28T09:00:00.000Z.json';
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '{}' }));
    const notes = createS3ResetNotes(client, { bucket, objectPrefix: '' });
    await expect(notes.load('orders', patient)).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: `'${Key}' is no note of a reset in format 1`,
    });
  });

  it('fail with the name of the key if S3 refuses', async () => {
    const { client } = await startServer({
      fault: () => ({ kind: 'error', status: 403, code: 'AccessDenied' }),
    });
    const notes = createS3ResetNotes(client, { bucket, objectPrefix: '' });
    await expect(notes.write(noteAt('2026-11-28T09:00:00.000Z'), patient)).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      message:
        "put of 'audit/topic=orders/resets/2026-11-28T09:00:00.000Z.json' failed: AccessDenied, HTTP 403",
    });
  });
});
