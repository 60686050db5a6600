import { describe, expect, it } from 'vitest';
import { parseFailedBatch } from '../../../lambda/core/failed-batch/failed-batch.ts';
import { startTopic } from '../audit/topic-console.ts';

const range = 'backfill --brokers b:9092 --partition 0 --from 2 --to 4';
const filtered = {
  FilterCriteria: { Filters: [{ Pattern: '{"value":{"kind":["order"]}}' }] },
} as const;

async function start(options: Parameters<typeof startTopic>[0] = {}) {
  const topic = await startTopic(options);
  topic.broker.append(
    0,
    Array.from({ length: 10 }, (_, index) => ({
      value: JSON.stringify({ kind: index % 2 === 0 ? 'order' : 'other' }),
    })),
  );
  topic.broker.commit(0);
  const batches = async () => {
    const keys = await topic.keysOf('failed');
    return Promise.all(
      keys.map(async (key) => parseFailedBatch(await topic.bodyOf('failed', key))),
    );
  };
  return { ...topic, batches };
}

describe('backfill', () => {
  it('shows what it would write, and writes it with --yes', async () => {
    const { batches, keysOf, run } = await start();
    const shown = await run(range);
    expect(shown).toMatchObject({ code: 0, errors: '' });
    expect(shown.printed[0]).toMatch(
      /^Would write 3 records in 1 failed batch \(\d+ bytes\); --yes/,
    );
    expect(await keysOf('failed')).toEqual([]);
    expect((await run(`${range} --yes`)).printed[0]).toMatch(/^Wrote 3 records in 1 failed batch/);
    expect(await batches()).toMatchObject([
      {
        condition: 'Backfill',
        ranges: [{ id: 'orders-0', firstOffset: '2', lastOffset: '4' }],
      },
    ]);
    const again = await run(`${range} --yes`);
    expect(again.printed[0]).toMatch(/^Wrote 0 records in 0 failed batches/);
    expect(again.printed.join('\n')).toContain('waiting');
  });

  it('leaves out what the mapping filters, unless it is told otherwise', async () => {
    const { run } = await start({ mapping: filtered });
    const { printed } = await run(range);
    expect(printed[0]).toMatch(/^Would write 2 records/);
    expect(printed).toContain(
      'Left out 1 record that the mapping filters; --include-filtered has them.',
    );
    const all = await run(`${range} --include-filtered --json`);
    expect(JSON.parse(all.printed[0] ?? '')).toMatchObject({
      ...{ topic: 'orders', partition: 0, first: 2, last: 4, filtered: 0, isDryRun: true },
      failedBatches: [{ records: 3 }],
    });
  });

  it('says that the mapping will deliver what it has not read yet', async () => {
    const { broker, run } = await start();
    broker.commit(0, 3);
    expect((await run(range)).printed).toContain(
      'NOTE: the mapping has not read partition 0 beyond offset 3 yet, and will deliver the rest, too.',
    );
  });

  it.each([
    ['a partition', '--partition 1 --from 2 --to 4', "no partition 1 of 'orders'"],
    ['the end', '--partition 0 --from 2 --to 10', "offsets 1 to 9 of partition 0 of 'orders'"],
    ['the beginning', '--partition 0 --from 0 --to 4', "offsets 1 to 9 of partition 0 of 'orders'"],
  ])('fails if the brokers lack %s', async (_, line, message) => {
    const { broker, run } = await start();
    broker.deleteRecords(0, 1);
    const { code, errors } = await run(`backfill --brokers b:9092 ${line}`);
    expect([code, errors]).toEqual([1, `the brokers have ${message}`]);
  });

  it('names the source of the events as the mapping does: here the brokers of a self-managed cluster', async () => {
    const { bodyOf, keysOf, run } = await start({
      mapping: {
        EventSourceArn: undefined,
        SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['b2:9092', 'b1:9092'] } },
      },
    });
    await run(`${range} --yes`);
    const [key = ''] = await keysOf('failed');
    const { event } = parseFailedBatch(await bodyOf('failed', key));
    expect(event).toMatchObject({
      ...{ eventSource: 'SelfManagedKafka', bootstrapServers: 'b2:9092,b1:9092' },
    });
    expect(event).not.toHaveProperty('eventSourceArn');
  });

  it('fails if the brokers have nothing', async () => {
    const { broker, run } = await start();
    broker.deleteRecords(0, 10);
    expect((await run(range)).errors).toBe("the brokers have no offset of partition 0 of 'orders'");
  });
});
