import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ClusterPorts } from './cluster-record.ts';
import { invalidSettings } from './errors.ts';
import type { BrokerCount } from './node-files.ts';

/** The default of `--port`. */
export const DEFAULT_PORT = 9092;

/** What is added to the first broker's port for the first secured listener, and for the controller. */
export const portOffsets = { secured: 10, controller: 20 } as const;

/**
 * Where free ports are looked for: below those that systems give to outgoing connections, so that
 * a broker that was stopped finds its port free again.
 */
const freeRange = { first: 20_000, count: 12_000 } as const;

/** What ports a cluster needs. */
export interface PortWishes {
  readonly brokers: BrokerCount;
  readonly isSecure: boolean;
}

/** The ports of a cluster whose first broker has that one. */
export function fixedPorts(first: number, { brokers, isSecure }: PortWishes): ClusterPorts {
  const ids = Array.from({ length: brokers }, (_, index) => index);
  return {
    brokers: ids.map((index) => ({
      plain: first + index,
      ...(isSecure ? { secured: first + portOffsets.secured + index } : {}),
    })),
    controller: first + portOffsets.controller,
  };
}

/** Ports that nobody listens on now. */
export async function freePorts({ brokers, isSecure }: PortWishes): Promise<ClusterPorts> {
  const taken = new Set<number>();
  const next = async (): Promise<number> => {
    const port = freeRange.first + Math.floor(Math.random() * freeRange.count);
    if (taken.has(port) || !(await isFree(port))) return next();
    taken.add(port);
    return port;
  };
  const ports: { plain: number; secured?: number }[] = [];
  while (ports.length < brokers) {
    ports.push({ plain: await next(), ...(isSecure ? { secured: await next() } : {}) });
  }
  return { brokers: ports, controller: await next() };
}

/**
 * Makes sure that the ports can be had.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when somebody listens on one of them
 */
export async function checkPorts({ brokers, controller }: ClusterPorts): Promise<void> {
  const all = [...brokers.flatMap(({ plain, secured }) => [plain, secured]), controller];
  for (const port of all) {
    if (port === undefined || (await isFree(port))) continue;
    throw invalidSettings(
      `port ${port} is taken: stop what listens there, or choose another --port`,
    );
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
