/**
 * Replaces `@smithy/core/event-streams` in the bundles. No call of a function has an event stream; in S3, only
 * `SelectObjectContent` does. The SDK imports the module when it needs it, too, and for such an import esbuild keeps
 * the whole module and everything that it imports, a sixth of `@smithy/core`, whether it is used or not.
 *
 * @module
 */
import { ArchiverError } from '../../core/errors.ts';

/** Adds nothing to the configuration of a client. */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

/** A part of a client's configuration, which only {@link EventStreamSerde} reads. */
export const eventStreamSerdeProvider = (): undefined => undefined;

/** Refuses a call with an event stream, by an {@link ArchiverError} `UNEXPECTED`. */
export class EventStreamSerde {
  constructor() {
    throw new ArchiverError('UNEXPECTED', 'event streams are not part of the bundle');
  }
}
