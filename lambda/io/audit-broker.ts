import { type AuditedTopicOptions, openAuditedTopic } from '../../kafka/audited-topic.ts';
import type { AuditBroker } from '../core/audit/broker.ts';
import { ArchiverError, toArchiverError } from '../core/errors.ts';

/** An {@link AuditBroker} whose connections remain open until it is closed. */
export interface OpenAuditBroker extends AuditBroker {
  close(): Promise<void>;
}

/**
 * Opens the brokers for the audit of one topic. Their client takes no limit of a single attempt, so that only the
 * signal of each call counts.
 */
export function openAuditBroker(options: AuditedTopicOptions): OpenAuditBroker {
  const audited = openAuditedTopic(options);
  return {
    describe: ({ signal }) => watch(signal, () => audited.describe(signal)),
    offsetsAt: (timestamp, { signal }) => watch(signal, () => audited.offsetsAt(timestamp, signal)),

    async *read(range, { signal }) {
      const batches = audited.read(range, signal);
      try {
        for (;;) {
          const { done, value } = await watch(signal, () => batches.next());
          if (done) return;
          yield value;
        }
      } finally {
        await batches.return(undefined);
      }
    },

    // A connection that fails to close is closed.
    close: () => audited.close().catch(() => undefined),
  };
}

async function watch<Result>(signal: AbortSignal, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!signal.aborted || error instanceof ArchiverError) throw toArchiverError(error);
    throw new ArchiverError('STORE_ABORTED', 'the audit was aborted while it read the brokers', {
      retryable: true,
      cause: error,
    });
  }
}
