import { describe, expect, it } from 'vitest';
import { MAX_FAILED_BATCH_BYTES } from '../../lambda/contract.ts';
import type { Finding } from '../../lambda/core/audit/finding.ts';
import type { FailedBatchWriter } from '../../lambda/core/audit/heal.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { parseFailedBatch } from '../../lambda/core/failed-batch/failed-batch.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { toBatchRecord, toEventJson } from '../../lambda/core/record/mapping-event.ts';
import {
  type HealDeps,
  type HealLostOptions,
  healableRanges,
  healLost,
} from '../../lambda/heal-lost.ts';
import { createReplayHandler } from '../../lambda/replay-handler.ts';
import { noon, origin } from '../../tools/local/test/source-records.ts';
import { archiveHandler, archiveParts, invocation } from '../helpers/archive-parts.ts';
import { MemoryBroker } from '../helpers/memory-broker.ts';
import { replayMessage, replayParts } from '../helpers/replay-parts.ts';

/** A failed-batch bucket in memory. */
class MemoryWriter implements FailedBatchWriter {
  readonly entries = new Map<string, string>();

  async write({ body, key }: { readonly body: string; readonly key: string }) {
    if (this.entries.has(key)) return 'exists';
    this.entries.set(key, body);
    return 'created';
  }
}

const options: HealLostOptions = {
  ...{ origin, now: noon, mostRecords: 1_000, signal: new AbortController().signal },
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:archive:7',
  attemptTimeout: 1_000,
};

function finding(first: number, last: number, given: Partial<Finding> = {}): Finding {
  return {
    ...{ partition: 0, first, last, offsets: last - first + 1, class: 'lost' },
    ...{ seenAt: '2026-11-28T09:00:00Z', evidence: 'no object has it', isOnBroker: true },
    ...given,
  };
}

/** A report with the findings of partition 0. */
function reportOf(...findings: readonly Finding[]) {
  const counts = { from: 0, through: 100, lastStable: 100, stored: 0, duplicates: 0, holes: {} };
  return { partitions: [{ partition: 0, ...counts, findings }] };
}

function heal(given: Partial<HealDeps> & { readonly broker: MemoryBroker }) {
  const failedBatches = new MemoryWriter();
  const deps = { failedBatches, matches: () => true, ...given };
  const run = (report: Parameters<typeof healLost>[1], more: Partial<HealLostOptions> = {}) =>
    healLost(deps, report, { ...options, ...more });
  return { run, failedBatches };
}

const offsetsOf = ({ entries }: MemoryWriter) =>
  [...entries.values()].map((text) =>
    parseBatch(parseFailedBatch(text).event).runs.flatMap(({ records }) =>
      records.map(({ offset }) => offset),
    ),
  );

describe('healing', () => {
  it('writes what is lost and still at the brokers, once', async () => {
    const broker = new MemoryBroker();
    broker.append(
      0,
      Array.from({ length: 10 }, () => ({})),
    );
    const report = reportOf(finding(1, 2), finding(8, 8));
    const { failedBatches, run } = heal({ broker });
    expect(await run(report)).toEqual({ records: 3, failedBatches: 1, tooLarge: [] });
    expect(offsetsOf(failedBatches)).toEqual([[1, 2, 8]]);
    expect(await run(report)).toEqual({ records: 0, failedBatches: 0, tooLarge: [] });
  });

  it('leaves what is not lost, not at the brokers, or acknowledged', () => {
    const acknowledged = { at: '2026-11-28T09:00:00Z', reason: 'known' };
    const report = reportOf(
      finding(1, 2, { class: 'oversize' }),
      finding(3, 4, { isOnBroker: false }),
      finding(5, 6, { acknowledged }),
      finding(7, 8),
    );
    expect(healableRanges(report)).toEqual([{ partition: 0, first: 7, last: 8 }]);
  });

  it('leaves what the mapping would not deliver, and transaction marks', async () => {
    const broker = new MemoryBroker();
    broker.appendInTransaction(0, 1n, [{ value: 'a' }, { value: 'b' }]);
    broker.endTransaction(0, 1n, 'commit');
    broker.append(0, [{ value: 'a' }]);
    const matches: HealDeps['matches'] = ({ value }) => value?.toString() === 'a';
    const { failedBatches, run } = heal({ broker, matches });
    expect(await run(reportOf(finding(0, 3)))).toMatchObject({ records: 2 });
    expect(offsetsOf(failedBatches)).toEqual([[0, 3]]);
  });

  it.each([
    [0, []],
    [3, [[1, 2, 3]]],
    [4, [[1, 2, 3, 4]]],
  ])('writes at most the records that it may: %i', async (mostRecords, written) => {
    const broker = new MemoryBroker();
    broker.append(
      0,
      Array.from({ length: 10 }, () => ({})),
    );
    const { failedBatches, run } = heal({ broker });
    const healed = await run(reportOf(finding(1, 4)), { mostRecords });
    expect(healed.records).toBe(mostRecords);
    expect(offsetsOf(failedBatches)).toEqual(written);
  });

  it('says which records are too large', async () => {
    const broker = new MemoryBroker();
    broker.append(0, [{ value: Buffer.alloc(MAX_FAILED_BATCH_BYTES) }]);
    expect(await heal({ broker }).run(reportOf(finding(0, 0)))).toEqual({
      ...{ records: 0, failedBatches: 0 },
      tooLarge: [{ partition: 0, offset: 0, bytes: expect.any(Number) }],
    });
  });

  it('fails with the brokers', async () => {
    const broker = new MemoryBroker();
    broker.append(0, [{}]);
    broker.failure = new ArchiverError('KAFKA_FAILED', 'no broker answers', { retryable: true });
    await expect(heal({ broker }).run(reportOf(finding(0, 0)))).rejects.toBe(broker.failure);
  });

  it('ends in the very objects that the mapping would have made', async () => {
    const broker = new MemoryBroker();
    const produced = broker.append(0, [
      { value: null },
      { value: '{"total":12.50,\n"a":1}', headers: [{ name: 'h', value: Buffer.from([0, 200]) }] },
      { key: null, value: Buffer.from([0xff]), timestamp: noon + 3_600_000 },
    ]);
    const delivered = archiveParts();
    const records = produced.map((record) => toBatchRecord(record, origin));
    const event = JSON.parse(toEventJson(records, origin));
    await archiveHandler(delivered.deps)(event, invocation);

    const { failedBatches, run } = heal({ broker });
    await run(reportOf(finding(0, 2)));
    const [[key = '', body = ''] = []] = failedBatches.entries;
    const { deps, failedBatches: kept, store, telemetry } = replayParts();
    kept.entries.set(key, body);
    await createReplayHandler(deps)({ Records: [replayMessage(key)] }, invocation);

    expect(telemetry.replayed).toMatchObject([{ condition: 'AuditHeal', records: 3, objects: 2 }]);
    expect(kept.marks.get(key)).toMatchObject({ objects: 2 });
    const bodies = ({ objects }: typeof store) =>
      [...objects].map(([name, object]) => [name, object.body.toString('base64')]);
    expect(bodies(store)).toHaveLength(2);
    expect(bodies(store)).toEqual(bodies(delivered.store));
  });
});
