import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** An S3 server in its own process, so that its CPU time is not measured. */
export interface S3Process extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
}

/** Starts a server with one bucket. It stores objects in a temporary folder, which it deletes when it stops. */
export async function startS3Process(): Promise<S3Process> {
  const bucket = 'archive';
  // Without this process's flags, which may start a profiler.
  const child = fork(join(import.meta.dirname, 's3-child.ts'), [bucket], { execArgv: [] });
  const exited = once(child, 'exit');
  const [endpoint] = (await Promise.race([once(child, 'message'), exited])) as [unknown];
  if (typeof endpoint !== 'string') throw new Error('the S3 server did not start');
  return {
    endpoint,
    bucket,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await exited;
    },
  };
}
