import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCatalogCheck } from '../../lambda/catalog-check-handler.ts';
import { METRIC_NAMESPACE } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { FolderListing } from '../../lambda/core/ports.ts';
import { createCatalogTelemetry } from '../../lambda/io/catalog-telemetry.ts';
import { invocation } from '../helpers/archive-parts.ts';
import { MemoryFolders } from '../helpers/memory-folders.ts';

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void printed.push(line));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const check = (listing: FolderListing) =>
  createCatalogCheck({
    ...{ listing, catalogFrom: '2026-01-01' },
    layouts: [{ objectPrefix: 'shop/', timeFolder: 'hour', topics: ['orders'] }],
    clock: { now: () => Date.UTC(2026, 10, 23, 9), timeout: () => new AbortController().signal },
    telemetry: createCatalogTelemetry(
      new Logger({ serviceName: 'shop' }),
      new Metrics({ namespace: METRIC_NAMESPACE, serviceName: 'shop' }),
    ),
  })({}, invocation);

const lines = () => printed.map((line) => JSON.parse(line));
const hour = (topic: string, dt = '2026-11-24') =>
  `shop/topic=${topic}/dt=${dt}/hour=09/p0.0-9.jsonl`;

it('logs that the tables cover every folder, and emits a zero', async () => {
  await check(new MemoryFolders([hour('orders')]));
  expect(lines()).toEqual([
    expect.objectContaining({ service: 'shop', UncoveredFolders: 0 }),
    expect.objectContaining({
      ...{ level: 'INFO', message: 'catalog checked', requestId: 'request-1' },
      ...{ folders: 2, isComplete: true, uncovered: [] },
    }),
  ]);
});

it('warns of the first folders that no table covers, and counts all of them', async () => {
  const topics = Array.from({ length: 24 }, (_, index) => `old-${String(index).padStart(2, '0')}`);
  await check(
    new MemoryFolders([hour('orders', '2025-11-25'), ...topics.map((topic) => hour(topic))]),
  );
  const [metric, line] = lines();
  expect(metric).toMatchObject({ UncoveredFolders: 25 });
  expect(line).toMatchObject({ level: 'WARN', moreUncovered: 5 });
  expect(line.uncovered).toHaveLength(20);
  expect(line.uncovered[0]).toEqual({
    folder: 'shop/topic=old-00/',
    remedy: "add 'old-00' to catalogTopics",
    isLater: false,
  });
});

it('warns of dates after tomorrow, for which the alarm would never end', async () => {
  await check(new MemoryFolders([hour('orders'), hour('orders', '2099-01-01')]));
  const [metric, line] = lines();
  expect(metric).toMatchObject({ UncoveredFolders: 0 });
  expect(line).toMatchObject({
    level: 'WARN',
    uncovered: [{ folder: 'shop/topic=orders/dt=2099-01-01/', isLater: true }],
  });
});

it('warns, and raises the alarm, if there are more folders than it looks at', async () => {
  const folders = Array.from({ length: 2001 }, (_, index) => `other-${index}/a/b`);
  await check(new MemoryFolders(folders, 3000));
  const [metric, line] = lines();
  expect(metric).toMatchObject({ UncoveredFolders: 1 });
  expect(line).toMatchObject({ level: 'WARN', isComplete: false, uncovered: [] });
});

it('logs a failure and fails, so that Lambda counts it', async () => {
  const refused = new ArchiverError('LOAD_FAILED', "list of '' failed: AccessDenied, HTTP 403");
  const listing = { list: () => Promise.reject(refused) };
  await expect(check(listing)).rejects.toBe(refused);
  expect(lines()).toEqual([
    expect.objectContaining({
      ...{ level: 'ERROR', message: 'catalog not checked', requestId: 'request-1' },
      ...{ code: 'LOAD_FAILED', retryable: false, reason: refused.message },
    }),
  ]);
});
