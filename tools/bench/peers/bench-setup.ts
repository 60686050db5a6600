import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { type KafkaCluster, startKafkaCluster } from '../../local/kafka-cluster/cluster.ts';
import { type RealS3, startRealS3 } from '../../local/real-servers/real-s3.ts';
import { s3ClientOf } from '../../local/s3-client.ts';
import type { PeerTask } from './peer.ts';
import { Topics } from './topic.ts';

/** The broker and the S3 server that all peers run against, each in its own process. */
export interface BenchSetup {
  readonly topics: Topics;
  readonly client: S3Client;
  /** Where the S3 server keeps its buckets: one folder a bucket, one file an object. */
  readonly s3Folder: string;
  /** The file of the S3 server's access log. */
  readonly accessLog: string;
  /** Creates a task with a new group, bucket and folder. */
  newTask(name: string, topic: string, isWhole: boolean): Promise<PeerTask>;
  /** Deletes the files of a task. */
  clear(task: PeerTask): void;
  /** Stops the servers and deletes all files. */
  close(): Promise<void>;
}

/**
 * Starts the servers.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if Kafka cannot be installed, or if the S3 server is not installed, with
 *   the command that installs it
 */
export async function startBench(onProgress: (line: string) => void): Promise<BenchSetup> {
  const root = mkdtempSync(join(tmpdir(), 'bench-peers-'));
  const remove = () => rmSync(root, { recursive: true, force: true });
  process.once('exit', remove);
  const s3Folder = join(root, 's3');
  const accessLog = join(root, 'access.log');
  let s3: RealS3 | undefined;
  let cluster: KafkaCluster | undefined;
  try {
    s3 = await startRealS3({ folder: s3Folder, accessLog }).catch(refuseS3);
    cluster = await startKafkaCluster({ folder: join(root, 'kafka'), onProgress });
  } catch (error) {
    await s3?.close();
    remove();
    throw error;
  }
  return new RunningBench({ root, s3Folder, accessLog, s3, cluster });
}

function refuseS3(cause: Error): never {
  throw new ArchiverError('INVALID_SETTINGS', cause.message, { cause });
}

interface Parts {
  readonly root: string;
  readonly s3Folder: string;
  readonly accessLog: string;
  readonly s3: RealS3;
  readonly cluster: KafkaCluster;
}

class RunningBench implements BenchSetup {
  readonly topics: Topics;
  readonly client: S3Client;
  readonly s3Folder: string;
  readonly accessLog: string;
  readonly #parts: Parts;
  #tasks = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.s3Folder = parts.s3Folder;
    this.accessLog = parts.accessLog;
    this.topics = new Topics({ brokers: [parts.cluster.bootstrapServers] });
    this.client = s3ClientOf(parts.s3);
  }

  async newTask(name: string, topic: string, isWhole: boolean): Promise<PeerTask> {
    const { cluster, root, s3 } = this.#parts;
    this.#tasks += 1;
    const bucket = `${name}-${this.#tasks}`;
    await this.client.send(new CreateBucketCommand({ Bucket: bucket }));
    const folder = join(root, 'tasks', bucket);
    mkdirSync(folder, { recursive: true });
    return {
      ...{ topic, bucket, folder, isWhole, group: bucket },
      brokers: cluster.bootstrapServers,
      s3: { endpoint: s3.endpoint, credentials: s3.credentials },
    };
  }

  clear({ bucket, folder }: PeerTask): void {
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(this.s3Folder, bucket), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    const { cluster, root, s3 } = this.#parts;
    this.client.destroy();
    await this.topics.close();
    await Promise.all([s3.close(), cluster.stop()]);
    rmSync(root, { recursive: true, force: true });
  }
}
