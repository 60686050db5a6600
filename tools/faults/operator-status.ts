import { createClients } from '../../cli/failed-batches/clients.ts';
import type { FailedBatchState } from '../../cli/failed-batches/rows.ts';
import { readStatus } from '../../cli/status/status.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { type ReplayService, replayQueues } from '../local/replay/replay-service.ts';
import type { S3Access } from '../local/s3-client.ts';
import { buckets, STALL_MS } from './world.ts';

/**
 * The state of each failed batch by its key, as the `status` command shows it to an operator, including failed batches
 * that only a dead letter names.
 *
 * @param prefix the prefix of the scenario's keys: other scenarios use the same bucket
 */
export async function readStates(
  { sqs }: ReplayService,
  { endpoint }: S3Access,
  prefix: string,
): Promise<ReadonlyMap<string, FailedBatchState>> {
  const servers = { s3Endpoint: endpoint, sqsEndpoint: sqs.endpoint };
  const clients = createClients({ region: undefined, profile: undefined, ...servers }, {});
  const store = createS3FailedBatchStore(clients.s3, buckets.failed);
  const { deadLetter, replay } = replayQueues;
  try {
    const status = await readStatus(
      {
        ...{
          // Without a deadline: a busy machine takes its time.
          signal: new AbortController().signal,
          attemptTimeout: STALL_MS,
          waitSeconds: 0,
        },
        ...{ sqs: clients.sqs, progress: () => undefined },
        targets: {
          bucket: buckets.failed,
          queue: sqs.urlOf(replay),
          deadLetterQueue: sqs.urlOf(deadLetter),
        },
        failedBatches: {
          ...store,
          list: ({ after }, options: CallOptions) => store.list({ prefix, after }, options),
        },
      },
      true,
    );
    return new Map(status.failedBatches.map(({ key = '', state }) => [key, state]));
  } finally {
    clients.destroy();
  }
}
