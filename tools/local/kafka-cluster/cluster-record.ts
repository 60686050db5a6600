import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { invalidSettings } from './errors.ts';

const port = z.int().min(1).max(65_535);

const portsSchema = z
  .object({
    brokers: z.array(z.object({ plain: port, secured: port.optional() }).readonly()).readonly(),
    controller: port,
  })
  .readonly();

const recordSchema = z
  .object({
    kafkaVersion: z.string(),
    clusterId: z.string(),
    brokers: z.union([z.literal(1), z.literal(3)]),
    secure: z.boolean(),
    ports: portsSchema,
  })
  .readonly();

/** Loopback ports of a cluster's listeners: of the brokers in the order of their ids. */
export type ClusterPorts = z.infer<typeof portsSchema>;

/** What a folder's `cluster.json` keeps: what the cluster is, and where it listened last. */
export type ClusterRecord = z.infer<typeof recordSchema>;

/**
 * What is known of the cluster in a folder; nothing when there never was one.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when `cluster.json` is not what was written
 */
export function readClusterRecord(folder: string): ClusterRecord | undefined {
  const file = recordFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw invalidSettings(`${file} is damaged: delete the folder, or choose another --folder`);
  }
}

/** Replaces what is known of the cluster in a folder. */
export function writeClusterRecord(folder: string, record: ClusterRecord): void {
  writeFileSync(recordFile(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** `127.0.0.1:PORT` of each broker's listener of that kind, with commas between. */
export function bootstrapServers(ports: ClusterPorts, listener: 'plain' | 'secured'): string {
  return ports.brokers.map((broker) => `127.0.0.1:${broker[listener]}`).join(',');
}

function recordFile(folder: string): string {
  return join(folder, 'cluster.json');
}
