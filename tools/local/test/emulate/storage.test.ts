import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readLocalTargets } from '../../../../cli/failed-batches/local-targets.ts';
import type { EmulateOptions } from '../../emulate/options.ts';
import { openS3, startReplay } from '../../emulate/storage.ts';
import { mappingSettings } from '../../mapping/settings.ts';
import type { S3Access } from '../../s3-client.ts';
import { createClient, startServer } from '../s3-server/running-server.ts';
import { noon } from '../source-records.ts';

const credentials = { AWS_ACCESS_KEY_ID: 'fake', AWS_SECRET_ACCESS_KEY: 'fake' };

function optionsOf(parts: Partial<EmulateOptions> = {}): EmulateOptions {
  const out = mkdtempSync(join(tmpdir(), 'storage-'));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  return {
    ...{ connection: { brokers: [] }, topics: [], groupOf: (topic) => topic },
    ...{ startingPosition: 'earliest', isPositionGiven: false },
    ...{ outOfRange: 'earliest', sessionTimeoutMs: 1000 },
    ...{ mapping: mappingSettings(), compression: 'gzip', timeFolder: 'hour', objectPrefix: '' },
    ...{ objectOf: 'batch', keyEncoding: { '*': 'auto' }, valueEncoding: { '*': 'auto' } },
    ...{ out, s3Endpoint: undefined, bucket: 'archive', failedBucket: 'failed' },
    ...parts,
  };
}

async function start(options: EmulateOptions, s3: S3Access) {
  const printed: string[] = [];
  const replay = await startReplay(options, s3, {
    ...{ codeFolder: '', now: () => noon, observe: () => undefined },
    print: (line) => printed.push(line),
  });
  onTestFinished(() => replay?.close());
  return { replay, printed };
}

describe('the emulator’s own S3 server', () => {
  it('keeps the failed batches that an earlier run did not replay', async () => {
    const options = optionsOf();
    const first = await openS3(options, {});
    expect(first.place).toBe(join(options.out, 'archive'));
    const client = createClient(first.access.endpoint);
    for (const Key of ['a', 'b']) {
      await client.send(new PutObjectCommand({ Bucket: 'failed', Key, Body: 'x' }));
    }
    await first.close();
    const second = await openS3(options, {});
    onTestFinished(() => second.close());
    const { printed, replay } = await start(options, second.access);
    expect(replay?.watch.waiting()).toEqual(['a', 'b']);
    expect(printed).toEqual([
      'failed batches are kept in failed and replayed; inspect them with:',
      `npm run archive -- status --local ${options.out}`,
      `(S3 server: ${second.access.endpoint}, SQS server: ${replay?.endpoint})`,
      '2 failed batches of earlier runs will be replayed',
    ]);
    expect(readLocalTargets(options.out)).toEqual({
      ...{ bucket: 'failed', s3Endpoint: second.access.endpoint, sqsEndpoint: replay?.endpoint },
      ...{ queue: replay?.queueUrls.replay, deadLetterQueue: replay?.queueUrls.deadLetter },
    });
  });
});

describe('a given S3 server', () => {
  it('is used with the credentials of the environment', async () => {
    const { endpoint } = await startServer();
    const { access, place } = await openS3(optionsOf({ s3Endpoint: endpoint }), credentials);
    const keys = { accessKeyId: 'fake', secretAccessKey: 'fake' };
    expect({ access, place }).toEqual({
      access: { endpoint, credentials: keys },
      place: `archive at ${endpoint}`,
    });
  });

  it('is refused without credentials', async () => {
    const opened = openS3(optionsOf({ s3Endpoint: 'http://127.0.0.1:1' }), {});
    await expect(opened).rejects.toThrow(
      '--s3-endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  });

  it('is refused without the bucket of failed batches, or if it does not respond', async () => {
    const { endpoint } = await startServer();
    await expect(start(optionsOf(), { endpoint })).rejects.toThrow(
      'cannot use --failed-bucket failed: The specified bucket does not exist',
    );
    await expect(start(optionsOf(), { endpoint: 'http://127.0.0.1:1' })).rejects.toThrow(
      /^cannot use --failed-bucket failed: connect ECONNREFUSED/,
    );
  });
});
