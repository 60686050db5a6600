import { describe, expect, it } from 'vitest';
import { MAX_FAILED_BATCH_BYTES, MAX_PAYLOAD_BYTES } from '../../../lambda/contract.ts';
import { startTopic } from '../audit/topic-console.ts';

const brokers = '--brokers b:9092';

describe('fetch', () => {
  it('archives a record that the mapping never delivers', async () => {
    const { archive, broker, keysOf, replay, run } = await startTopic();
    const [small] = broker.append(0, [{}]);
    broker.append(0, [{ value: JSON.stringify('x'.repeat(MAX_PAYLOAD_BYTES)) }]);
    broker.commit(0);
    await archive(small === undefined ? [] : [small]);
    expect((await run(`audit ${brokers}`)).printed[3]).toMatch(/1 oversize$/);

    const shown = await run(`fetch ${brokers} --offset 0:1`);
    expect(shown.code).toBe(0);
    expect(shown.printed[0]).toMatch(/^Would write 1 record in 1 failed batch/);
    expect(await keysOf('failed')).toEqual([]);
    expect((await run(`fetch ${brokers} --offset 0:1 --yes`)).code).toBe(0);
    await replay();
    const { code, printed } = await run(`audit ${brokers}`);
    expect([code, printed[3]]).toEqual([
      0,
      '0          0     2        0       2       0           -',
    ]);
  });

  it('refuses a record that is too large for a failed batch', async () => {
    const { broker, keysOf, run } = await startTopic();
    broker.append(0, [{ value: Buffer.alloc((MAX_FAILED_BATCH_BYTES / 4) * 3) }]);
    const { code, errors } = await run(`fetch ${brokers} --offset 0:0 --yes`);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^the record at 0:0 of 'orders' is too large: its failed batch would have \d+ bytes, of at most 34603008$/,
    );
    expect(await keysOf('failed')).toEqual([]);
  });

  it('fails if there is no record', async () => {
    const { broker, run } = await startTopic();
    broker.appendInTransaction(0, 1n, [{}]);
    broker.endTransaction(0, 1n, 'abort');
    const { code, errors } = await run(`fetch ${brokers} --offset 0:1`);
    expect([code, errors]).toEqual([
      1,
      "the brokers have no record at 0:1 of 'orders': the offset is that of a transaction mark, or of a record that was aborted or compacted",
    ]);
  });

  it('needs brokers', async () => {
    const { run } = await startTopic();
    const { code, errors } = await run('fetch --offset 0:1');
    expect([code, errors]).toEqual([
      2,
      "--brokers or KAFKA_BOOTSTRAP_SERVERS is needed; see 'kafka-archive fetch --help'",
    ]);
  });
});
