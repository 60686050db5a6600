import { join } from 'node:path';
import type { Compression } from '../../../lambda/contract.ts';
import { settingRanges } from '../../../lambda/contract.ts';
import type { Peer, PeerName, PeerSource } from './peer.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Seconds that the last batch of a whole topic waits to fill. */
const LAST_WINDOW = 2;

/**
 * This project: `npm run emulate`, as a user runs it, with the function's bundle as it is deployed. Settings are
 * the stack's defaults, in on-demand mode.
 */
export const archiver = archiverOf('archiver', 'this archiver', 'gzip');

/** The same with the other compression that the stack has. */
export const archiverZstd = archiverOf('archiver-zstd', 'this archiver, zstd 3', 'zstd');

function archiverOf(name: PeerName, title: string, compression: Compression): PeerSource {
  return { name, title, install: async () => peerOf(title, compression) };
}

function peerOf(title: string, compression: Compression): Peer {
  return {
    title: `${title}, Node ${process.versions.node}`,
    format: 'record line',
    isFunction: (command) => command.includes('runtime-client.ts'),
    command: ({ brokers, bucket, folder, group, isWhole, s3, topic }) => {
      const { batchSize, batchWindow, timeoutSeconds } = settingRanges;
      const flags = {
        ...{ brokers, bucket, compression, group, topics: topic, out: folder },
        's3-endpoint': s3.endpoint,
        'batch-size': batchSize.default,
        'batch-window': isWhole ? LAST_WINDOW : batchWindow.default,
        timeout: timeoutSeconds.default,
      };
      return {
        program: process.execPath,
        args: [
          join(root, 'bin', 'emulate.ts'),
          ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
        ],
        env: {
          AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        },
      };
    },
  };
}
