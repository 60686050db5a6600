import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { ArchiverError } from '../core/errors.ts';
import type { ChunkStream } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';

/** The code of a chunk for which Firehose names neither a record id nor an error. */
const NO_RECORD_ID = 'NoRecordId';

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
      const { FailedPutCount = 0, RequestResponses = [] } = await callAws(call, options, (sent) =>
        client.send(command, sent),
      );
      const codes = RequestResponses.map(({ ErrorCode, RecordId }) =>
        // Only a record id says that Firehose has the chunk.
        RecordId === undefined ? (ErrorCode ?? NO_RECORD_ID) : ErrorCode,
      );
      const rejected = codes.filter((code) => code !== undefined).length;
      if (codes.length === chunks.length && rejected >= FailedPutCount) return codes;
      // It is unknown which chunks the stream accepted, and to assume that it has them all could lose some.
      const problem = `${call.action}: ${codes.length} answers for ${chunks.length} chunks, and ${rejected} of ${FailedPutCount} rejections named`;
      throw new ArchiverError(call.code, problem, { retryable: true });
    },
  };
}
