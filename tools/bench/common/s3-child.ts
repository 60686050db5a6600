/**
 * The process of {@link startS3Process}: an S3 server with one bucket, its name told by the command line, until
 * the process that started it lets go, or dies; then what was stored goes.
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
// Ctrl-C ends the process that started it, which disconnects.
process.on('SIGINT', () => undefined);
process.send?.(server.endpoint);
