import type { Target } from './case.ts';

/**
 * The cases on a deployed stack: what it takes, which no account has shown to work so far.
 *
 * A probe function, in place of the archive function: it stores its event as
 * `invocations/REQUEST_ID` in a bucket, and waits for `answers/REQUEST_ID` there, which it returns
 * or throws. The test lists the one and writes the other, so scripts and held invocations work as
 * they do on the emulator. The rest of a {@link StackUnderTest} is:
 *
 * - `start`, `stop`, `setPollers`: CreateEventSourceMapping of the probe with the case's
 *   `MappingRequest` and a group of its own, DeleteEventSourceMapping, UpdateEventSourceMapping; a
 *   case with `open` settings other than the default shows whether the service has that choice
 * - `produce`, `committed`: a Kafka client in the cluster's network, for a topic of the case
 * - `entries`: objects of a bucket that is the on-failure destination
 * - `throttle`: PutFunctionConcurrency of 0
 * - `failCommits`, and a destination with refusals: have to reject, as nothing there can do them
 * - `tolerance`: seconds, and minutes for changes of a mapping
 */
export function openRemoteTarget(): Target {
  throw new Error(
    'REMOTE=1 cannot run: there is no probe function to deploy yet, nor a target that speaks to it; ' +
      'what it takes is in test/conformance/event-source-mapping/remote-target.ts, ' +
      'the interface is Target in case.ts beside it',
  );
}
