import { join } from 'node:path';
import { type Compression, settingRanges } from '../../../lambda/contract.ts';
import type { Peer, PeerName, PeerSource } from './peer.ts';

const local = join(import.meta.dirname, '..', '..', 'local');

/** Batch window in seconds for a complete topic, whose last batches would otherwise wait for the whole default window. */
const LAST_WINDOW = 2;

/**
 * This project: `npm run emulate` with the bundle that is deployed, and with the stack's defaults in on-demand
 * mode.
 */
export const archiver = archiverOf('archiver', 'this archiver', 'gzip');

/** The same with zstd instead of gzip. */
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
      const { batchSize, batchWindow } = settingRanges;
      const flags = {
        ...{ brokers, bucket, compression, group, topics: topic, out: folder },
        's3-endpoint': s3.endpoint,
        'batch-size': batchSize.default,
        'batch-window': isWhole ? LAST_WINDOW : batchWindow.default,
      };
      return {
        program: process.execPath,
        args: [
          join(local, 'bin', 'emulate.ts'),
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
