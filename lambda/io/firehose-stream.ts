import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { ArchiverError } from '../core/errors.ts';
import type { RecordStream } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';

/** A Firehose client whose region and endpoint are the environment's. */
export function createFirehoseClient(options: ClientOptions): FirehoseClient {
  return new FirehoseClient(clientOptions(options));
}

/** A delivery stream of Firehose. */
export function createFirehoseStream(client: FirehoseClient, streamName: string): RecordStream {
  const call = {
    action: `put to the stream '${streamName}'`,
    code: 'STREAM_WRITE_FAILED',
  } as const;
  return {
    async put(records, options) {
      const command = new PutRecordBatchCommand({
        DeliveryStreamName: streamName,
        Records: records.map((Data) => ({ Data })),
      });
      const { RequestResponses = [] } = await callAws(call, options, (sent) =>
        client.send(command, sent),
      );
      if (RequestResponses.length === records.length) {
        return RequestResponses.map(({ ErrorCode }) => ErrorCode);
      }
      // Which records it took is then not known, and taking them for taken would lose them.
      const problem = `${call.action}: ${RequestResponses.length} answers for ${records.length} records`;
      throw new ArchiverError(call.code, problem, { retryable: true });
    },
  };
}
