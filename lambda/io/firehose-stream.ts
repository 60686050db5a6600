import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { ArchiverError } from '../core/errors.ts';
import type { ChunkStream } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';

/** Creates a Firehose client. Region and endpoint come from the environment. */
export function createFirehoseClient(options: ClientOptions): FirehoseClient {
  return new FirehoseClient(clientOptions(options));
}

/** Accesses a Firehose delivery stream. */
export function createFirehoseStream(client: FirehoseClient, streamName: string): ChunkStream {
  const call = {
    action: `put to the stream '${streamName}'`,
    code: 'STREAM_WRITE_FAILED',
  } as const;
  return {
    async put(chunks, options) {
      const command = new PutRecordBatchCommand({
        DeliveryStreamName: streamName,
        Records: chunks.map((Data) => ({ Data })),
      });
      const { RequestResponses = [] } = await callAws(call, options, (sent) =>
        client.send(command, sent),
      );
      if (RequestResponses.length === chunks.length) {
        return RequestResponses.map(({ ErrorCode }) => ErrorCode);
      }
      // It is unknown which chunks the stream accepted, and to assume that it has them all could lose some.
      const problem = `${call.action}: ${RequestResponses.length} answers for ${chunks.length} chunks`;
      throw new ArchiverError(call.code, problem, { retryable: true });
    },
  };
}
