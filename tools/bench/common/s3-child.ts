/**
 * The process that `startS3Process` starts: an S3 server with one bucket, whose name is the argument. It runs until the
 * parent disconnects or dies, and then deletes what it stored.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startS3Server } from '../../local/s3-server/server.ts';

const [bucket = ''] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), 'bench-s3-'));
const server = await startS3Server({ root, buckets: [bucket] });
process.once('disconnect', async () => {
  await server.close();
  rmSync(root, { recursive: true });
  process.exit();
});
// Ctrl-C ends the parent, which disconnects.
process.on('SIGINT', () => undefined);
process.send?.(server.endpoint);
