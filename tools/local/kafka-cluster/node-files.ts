import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { invalidSettings } from './errors.ts';

/** How many brokers a cluster may have; three is the fewest of which one may fail. */
export type BrokerCount = 1 | 3;

/** What a process of a cluster is. One broker alone is its own controller. */
export type NodeRoles = 'broker,controller' | 'broker' | 'controller';

/** One process of a cluster, and its files. */
export interface NodeFiles {
  /** Brokers are 1, or 1, 2 and 3. */
  readonly id: number;
  /** Such as `broker 1`. */
  readonly name: string;
  readonly roles: NodeRoles;
  readonly folder: string;
  readonly properties: string;
  readonly data: string;
  /** What it wrote to its standard output: warnings and errors. */
  readonly log: string;
  /** Holds its process id while it runs. */
  readonly pid: string;
}

/** The id of the controller that is no broker: none that a broker has. */
export const CONTROLLER_ID = 100;

/**
 * The processes of a cluster: its brokers in the order of their ids, then the controller where it
 * is a process of its own, so that no broker takes the controller with it when it is stopped.
 */
export function clusterNodes(clusterFolder: string, brokers: BrokerCount): NodeFiles[] {
  if (brokers === 1) return [soleNode(clusterFolder)];
  return [
    nodeFiles(clusterFolder, 1, 'broker'),
    nodeFiles(clusterFolder, 2, 'broker'),
    nodeFiles(clusterFolder, 3, 'broker'),
    nodeFiles(clusterFolder, CONTROLLER_ID, 'controller'),
  ];
}

/** The only process of a cluster of one broker. */
export function soleNode(clusterFolder: string): NodeFiles {
  return nodeFiles(clusterFolder, 1, 'broker,controller');
}

function nodeFiles(clusterFolder: string, id: number, roles: NodeRoles): NodeFiles {
  const name = roles === 'controller' ? 'controller' : `broker ${id}`;
  const folder = join(clusterFolder, name.replace(' ', '-'));
  return {
    id,
    name,
    roles,
    folder,
    properties: join(folder, 'server.properties'),
    data: join(folder, 'data'),
    log: join(folder, 'kafka.log'),
    pid: join(folder, 'kafka.pid'),
  };
}

/**
 * Makes the folder, and gives its one path: a process is known to be the folder's by it.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when Kafka cannot keep data there
 */
export function makeClusterFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidSettings(`--folder ${folder} cannot be written to: ${reason}`);
  }
  const path = realpathSync(folder);
  // Kafka's setting for it is a list.
  if (path.includes(',')) throw invalidSettings(`--folder may have no comma in it: ${path}`);
  return path;
}
