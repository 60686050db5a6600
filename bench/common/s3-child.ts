/**
 * The process of {@link startS3Process}: an S3 server with one bucket, its name and the folder told by the
 * command line, until the process that started it lets go.
 *
 * @module
 */
import { startS3Server } from '../../emulator/s3-server/server.ts';

const [bucket = '', root = ''] = process.argv.slice(2);
const server = await startS3Server({ root, buckets: [bucket] });
process.once('disconnect', () => server.close().then(() => process.exit()));
process.send?.(server.endpoint);
