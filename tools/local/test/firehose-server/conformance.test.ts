import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamPrefixes } from '../../../../lib/storage/stream-prefix.ts';
import { streamCases } from '../../../../test/conformance/firehose/cases.ts';
import { describeStreamCases } from '../../../../test/conformance/firehose/describe-cases.ts';
import { readObjects } from '../../demo/read-back.ts';
import { startFirehoseServer } from '../../firehose-server/server.ts';
import { s3ClientOf } from '../../s3-client.ts';
import { startS3Server } from '../../s3-server/server.ts';

describeStreamCases('the local Firehose server', async () => {
  const root = mkdtempSync(join(tmpdir(), 'firehose-'));
  const nameOf = (number: number) => `stream-${number}`;
  const names = streamCases.map((_, number) => nameOf(number));
  const s3 = await startS3Server({ root, buckets: names });
  const client = s3ClientOf(s3);
  const server = await startFirehoseServer({
    s3,
    streams: names.map((name) => ({
      ...{ name, bucket: name, compression: 'gzip' },
      ...streamPrefixes({ objectPrefix: 'archive/', timeFolder: 'hour', topics: ['orders'] }),
      ...{ bufferBytes: 64 * 1024 * 1024, bufferSeconds: 60 },
    })),
  });
  return {
    endpoint: server.endpoint,
    stream: (number) => ({
      name: nameOf(number),
      async objects() {
        await server.stream(nameOf(number)).flush();
        const texts = new Map<string, string>();
        for await (const { key, lines } of readObjects(client, nameOf(number))) {
          texts.set(key, lines.map((line) => `${line}\n`).join(''));
        }
        return texts;
      },
    }),
    async close() {
      await server.close();
      client.destroy();
      await s3.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
});
