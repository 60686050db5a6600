import type { Target } from './case.ts';

/**
 * What the cases need to run on a deployed stack. This was never tried in an account.
 *
 * A probe function replaces the archive function: it stores its event as `invocations/REQUEST_ID` in a
 * bucket, and waits for `answers/REQUEST_ID` there, which it returns or throws. The test lists the
 * former and writes the latter, so scripts and held invocations work as on the emulator. The rest of a
 * {@link StackUnderTest} is:
 *
 * - `start`, `stop`, `setPollers`: CreateEventSourceMapping of the probe with the case's
 *   `MappingRequest` and its own group, DeleteEventSourceMapping, UpdateEventSourceMapping; a case with
 *   `open` settings other than the default shows whether the service makes that choice
 * - `produce`, `committed`: a Kafka client in the cluster's network, and a topic for the case
 * - `entries`: objects of a bucket that is the on-failure destination
 * - `throttle`: PutFunctionConcurrency of 0
 * - `failCommits`, and a destination with refusals: must reject, as they are impossible there
 * - `tolerance`: seconds, and minutes for changes of a mapping
 */
export function openRemoteTarget(): Target {
  throw new Error(
    'REMOTE=1 is not implemented: there is no probe function and no target that uses it; ' +
      'test/conformance/event-source-mapping/remote-target.ts describes what it needs, ' +
      'and case.ts next to it has the interface Target',
  );
}
