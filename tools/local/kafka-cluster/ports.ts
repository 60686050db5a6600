import { once } from 'node:events';
import { createServer } from 'node:net';
import { KafkaClusterError } from './errors.ts';
import type { BrokerCount } from './node.ts';

/** Loopback ports of a cluster's listeners; brokers in the order of their ids. */
export interface ClusterPorts {
  readonly brokers: readonly { readonly plain: number; readonly secured: number }[];
  readonly controller: number;
}

/** Offset from the first broker's port to the first secured listener, and to the controller. */
export const portOffsets = { secured: 10, controller: 20 } as const;

/**
 * Where free ports are searched: below the ports that systems assign to outgoing connections, so that
 * the port of a stopped broker is still free when it starts again.
 */
const freeRange = { first: 20_000, count: 12_000 } as const;

/** The ports of a cluster whose first broker listens on `first`. */
export function fixedPorts(first: number, brokers: BrokerCount): ClusterPorts {
  return {
    brokers: Array.from({ length: brokers }, (_, index) => ({
      plain: first + index,
      secured: first + portOffsets.secured + index,
    })),
    controller: first + portOffsets.controller,
  };
}

/** Ports on which nothing listens now. */
export async function freePorts(brokers: BrokerCount): Promise<ClusterPorts> {
  const first = freeRange.first + Math.floor(Math.random() * freeRange.count);
  const ports = fixedPorts(first, brokers);
  return (await takenPort(ports)) === undefined ? ports : freePorts(brokers);
}

/** @throws {KafkaClusterError} if something listens on one of the ports */
export async function checkPorts(ports: ClusterPorts): Promise<void> {
  const taken = await takenPort(ports);
  if (taken === undefined) return;
  throw new KafkaClusterError(
    `port ${taken} is in use: stop what listens there, or choose another --port`,
  );
}

async function takenPort({ brokers, controller }: ClusterPorts): Promise<number | undefined> {
  for (const port of [...brokers.flatMap(({ plain, secured }) => [plain, secured]), controller]) {
    const server = createServer();
    try {
      server.listen({ port, host: '127.0.0.1', exclusive: true });
      await once(server, 'listening');
    } catch {
      return port;
    } finally {
      server.close();
    }
  }
  return undefined;
}
