import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import {
  type ConformanceGroup,
  createFunctionClient,
  createTestBucket,
  type S3Endpoint,
} from './test-bucket.ts';

/** A running server. */
export interface StartedS3 extends S3Endpoint {
  close(): Promise<void>;
}

/**
 * Declares a test for each case. All cases share one server; each has its own bucket.
 *
 * @param start starts the server on a folder that is deleted at the end
 */
export function describeGroups(
  server: string,
  groups: readonly ConformanceGroup[],
  start: (folder: string) => Promise<StartedS3>,
): void {
  describe(server, () => {
    let folder: string;
    let running: StartedS3 | undefined;
    let client: S3Client;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 's3-conformance-'));
      running = await start(folder);
      client = createFunctionClient(running);
    });

    afterAll(async () => {
      vi.unstubAllEnvs();
      client?.destroy();
      await running?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const { title, cases } of groups) {
      describe(title, () => {
        for (const { name, run } of cases) {
          it(name, async () => run(await createTestBucket(client)));
        }
      });
    }
  });
}
