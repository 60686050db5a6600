import { describe, expect, it } from 'vitest';
import { shopOutputs } from '../mapping/deployed-archive.ts';
import { auditOutputs, now, startTopic } from './topic-console.ts';

/** Ten records in partition 0, of which those from 3 to 5 are archived nowhere. */
async function startWithLoss(options: Parameters<typeof startTopic>[0] = {}) {
  const topic = await startTopic(options);
  const records = topic.broker.append(
    0,
    Array.from({ length: 10 }, () => ({})),
  );
  topic.broker.commit(0);
  await topic.archive(records.slice(0, 3));
  await topic.archive(records.slice(6));
  return topic;
}

const brokers = '--brokers b:9092';

describe('audit', () => {
  it('proves that every offset is stored or explained', async () => {
    const { archive, broker, closed, opened, run } = await startTopic();
    const first = broker.appendInTransaction(0, 1n, [{}, {}]);
    broker.endTransaction(0, 1n, 'commit');
    const last = broker.append(0, [{}]);
    broker.commit(0);
    broker.append(0, [{}, {}]);
    await archive(first);
    await archive(last);
    const { code, errors, printed } = await run(`audit ${brokers}`);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(printed).toEqual([
      "Proven: every offset of 'orders' up to 3 is stored or explained.",
      '',
      'PARTITION  FROM  THROUGH  BEHIND  STORED  DUPLICATES  HOLES',
      '0          0     4        2       3       0           1 transaction-mark, 2 not-yet',
      '',
      'Listed the whole archive of the topic: 2 objects, of which 2 were read; as of 2025-11-23T10:59:00.000Z.',
    ]);
    expect(opened).toMatchObject([{ topic: 'orders', group: 'shop-orders' }]);
    expect(closed).toEqual(['closed']);
  });

  it('names what is lost, and how to archive it, and exits with 1', async () => {
    const { run } = await startWithLoss();
    const { code, errors, printed } = await run(`audit ${brokers}`);
    expect({ code, errors }).toEqual({ code: 1, errors: '' });
    expect(printed.slice(0, 4)).toEqual([
      "NOT PROVEN: offsets of 'orders' need an operator: 3 lost.",
      '',
      'PARTITION  FROM  THROUGH  BEHIND  STORED  DUPLICATES  HOLES',
      '0          0     10       0       7       0           3 lost',
    ]);
    expect(printed.slice(4, 8)).toEqual([
      '',
      'What needs an operator:',
      'RANGE  CLASS  OFFSETS  AT BROKERS  SEEN                      EVIDENCE',
      '0:3-5  lost   3        yes         2025-11-23T10:59:00.000Z  The broker has the records, and no object holds them.',
    ]);
    expect(printed).toContain('  kafka-archive audit --stack Shop --topic orders --heal');
  });

  it('prints one document for programs', async () => {
    const { run } = await startWithLoss();
    const { code, printed, progress } = await run(`audit ${brokers} --json`);
    expect(code).toBe(1);
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({
      ...{ verdict: 'not proven', topic: 'orders', claim: 'audited', isFullListing: true },
      partitions: [{ partition: 0, stored: 7, findings: [{ first: 3, last: 5, class: 'lost' }] }],
    });
    expect(progress.filter((line) => line !== '')).toEqual([]);
  });

  it('shows how far it is', async () => {
    const { run } = await startWithLoss();
    const { progress } = await run(`audit ${brokers}`);
    expect(progress).toContain('2 objects listed, 0 objects read');
    expect(progress).toContain('reading holes from the brokers: partition 0, offset 9');
    expect(progress.at(-1)).toBe('');
  });

  it('audits the listing alone if it knows no brokers, or is told so, and says so', async () => {
    const { opened, run } = await startWithLoss();
    const lines = ['audit', 'audit --brokers b:9092 --listing-only'];
    for (const line of lines) {
      const { code, printed } = await run(line);
      expect(code).toBe(0);
      expect(printed[0]).toBe(
        "LISTED, not proven: every batch of 'orders' in the archive is whole. The brokers were not asked, so nothing is known about records that never arrived.",
      );
    }
    expect(opened).toEqual([]);
  });

  it('does not say that the brokers lack what it has not asked them for', async () => {
    const { archive, broker, deleteObject, keysOf, run } = await startTopic();
    const times = [now - 3_600_000, now];
    await archive(
      broker.append(
        0,
        times.map((timestamp) => ({ timestamp })),
      ),
    );
    broker.commit(0);
    const [key = ''] = await keysOf('archive');
    await deleteObject('archive', key);
    const { code, printed } = await run('audit --listing-only');
    expect(code).toBe(1);
    expect(printed.join('\n')).toMatch(/0:0-0 +lost +1 +not asked /);
    expect(printed).toContain('  kafka-archive audit --stack Shop --topic orders');
    expect(printed.join('\n')).not.toMatch(/permanent loss|--acknowledge/);
  });

  it('uses the brokers and the settings of the audit function, if the stack has one', async () => {
    const { opened, run } = await startWithLoss({ outputs: [...shopOutputs, ...auditOutputs] });
    expect((await run('audit')).code).toBe(1);
    expect(opened).toMatchObject([{ connection: { brokers: ['audited:9092'] } }]);
  });

  it('keeps what it found, unless it is told not to', async () => {
    const { keysOf, run } = await startWithLoss();
    await run(`audit ${brokers} --no-ledger`);
    expect(await keysOf('derived')).toEqual([]);
    await run(`audit ${brokers}`);
    expect(await keysOf('derived')).toContain('audit/shop/topic=orders/ledger.json');
  });

  it('works without a bucket for derived data', async () => {
    const outputs = shopOutputs.filter(({ name }) => name !== 'DerivedBucketName');
    const { run } = await startWithLoss({ outputs });
    expect((await run(`audit ${brokers}`)).code).toBe(1);
  });

  it('leaves out what the mapping filters', async () => {
    const { broker, run } = await startTopic({
      mapping: { FilterCriteria: { Filters: [{ Pattern: '{"value":{"kind":["order"]}}' }] } },
    });
    broker.append(0, [{ value: '{"kind":"other"}' }]);
    broker.commit(0);
    const { code, printed } = await run(`audit ${brokers}`);
    expect(code).toBe(0);
    expect(printed[3]).toMatch(/1 filtered$/);
  });

  it('names the output that the stack lacks', async () => {
    const outputs = shopOutputs.filter(({ name }) => name !== 'FailedBatchBucketName');
    const { run } = await startTopic({ outputs });
    expect((await run('audit')).errors).toBe(
      "stack 'Shop' has no output FailedBatchBucketName: deploy this version of it, or pass --stack",
    );
  });

  it('fails with the brokers', async () => {
    const { broker, run } = await startTopic();
    broker.exists = false;
    const { code, errors } = await run(`audit ${brokers}`);
    expect([code, errors]).toEqual([1, "the brokers have no topic 'orders'"]);
  });
});

describe('healing', () => {
  it('shows what it would write, writes it with --yes, and is balanced once that is replayed', async () => {
    const { bodyOf, keysOf, replay, run } = await startWithLoss();
    const shown = await run(`audit ${brokers} --heal`);
    expect(shown.code).toBe(1);
    expect(shown.printed).toContainEqual(
      expect.stringMatching(
        /^Would write 3 records in 1 failed batch \([\d,]+ bytes\); --yes writes them\.$/,
      ),
    );
    expect(shown.printed.join('\n')).not.toContain('What is lost and still at the brokers');
    expect(await keysOf('failed')).toEqual([]);

    const written = await run(`audit ${brokers} --heal --yes`);
    expect(written.code).toBe(1);
    expect(written.printed.at(-1)).toBe('  kafka-archive audit --stack Shop --topic orders');
    expect(written.printed).toContainEqual(
      expect.stringMatching(/^Wrote 3 records in 1 failed batch \([\d,]+ bytes\)\.$/),
    );
    const [key = ''] = await keysOf('failed');
    expect(key).toMatch(/^kafka-archive\/heal\/orders\/0\/3-5-[0-9a-f]{8}\.json$/);
    expect(JSON.parse(await bodyOf('failed', key)).requestContext.condition).toBe('AuditHeal');

    const waiting = await run(`audit ${brokers}`);
    expect([waiting.code, waiting.printed[3]]).toEqual([
      0,
      expect.stringMatching(/3 failed-batch$/),
    ]);

    await replay();
    const { code, printed } = await run(`audit ${brokers}`);
    expect([code, printed[0]]).toEqual([
      0,
      "Proven: every offset of 'orders' up to 9 is stored or explained.",
    ]);
    expect(printed[3]).toBe('0          0     10       0       10      0           -');
  });

  it('is in the document, too', async () => {
    const { run } = await startWithLoss();
    const { printed } = await run(`audit ${brokers} --heal --json`);
    expect(JSON.parse(printed[0] ?? '').healed).toMatchObject({
      isDryRun: true,
      failedBatches: [{ partition: 0, first: 3, last: 5, records: 3, outcome: 'dry run' }],
      tooLarge: [],
    });
  });

  it('needs brokers', async () => {
    const { run } = await startTopic();
    const { code, errors } = await run('audit --heal');
    expect([code, errors]).toEqual([
      2,
      "--heal needs the brokers; see 'kafka-archive audit --help'",
    ]);
  });

  it('notes that a mapping with a schema registry delivers other bytes', async () => {
    const { run } = await startWithLoss({
      mapping: {
        AmazonManagedKafkaEventSourceConfig: {
          ConsumerGroupId: 'shop-orders',
          SchemaRegistryConfig: { SchemaRegistryURI: 'https://registry' },
        },
      },
    });
    const { printed } = await run(`audit ${brokers} --heal`);
    expect(printed.join('\n')).toContain('NOTE: the mapping has a schema registry, so that');
  });
});

describe('acknowledging', () => {
  /** A topic whose lost records the brokers have deleted, and whose audit has seen that. */
  async function startWithPermanentLoss() {
    const topic = await startWithLoss();
    await topic.run(`audit ${brokers}`);
    topic.broker.deleteRecords(0, 6);
    await topic.run(`audit ${brokers}`);
    return topic;
  }

  const acknowledge = 'audit --acknowledge 0:3-5 --reason known';

  it('needs a finding that the brokers no longer have', async () => {
    const { run } = await startWithLoss();
    expect((await run(acknowledge)).errors).toBe(
      "no audit has kept what it found of 'orders': acknowledging needs the setting 'audit', and an audit",
    );
    await run(`audit ${brokers}`);
    expect((await run(acknowledge)).errors).toBe(
      "--acknowledge 0:3-5: the brokers still have 0:3-5, which --heal archives; see 'kafka-archive audit --help'",
    );
  });

  it('shows what it would change, and changes it with --yes', async () => {
    const { run } = await startWithPermanentLoss();
    expect((await run(`audit ${brokers}`)).code).toBe(1);
    const shown = await run(acknowledge);
    expect(shown).toMatchObject({
      code: 0,
      printed: [
        'Would acknowledge 0:3-5: 3 offsets lost',
        'Dry run: nothing was changed; --yes acknowledges.',
      ],
    });
    expect((await run(`audit ${brokers}`)).code).toBe(1);
    expect((await run(`${acknowledge} --yes`)).printed).toEqual([
      'Acknowledged 0:3-5: 3 offsets lost',
      'They stay in every report, and no longer raise an alarm after the next audit.',
    ]);
    const { code, printed } = await run(`audit ${brokers}`);
    expect(code).toBe(0);
    expect(printed[3]).toMatch(/3 lost$/);
    expect(printed.join('\n')).toMatch(
      /Losses that are acknowledged:\n.*\n0:3-5 .* Acknowledged 2025-11-23T10:59:00\.000Z: known/,
    );
    expect((await run(acknowledge)).errors).toContain(
      '--acknowledge 0:3-5: the last audit found nothing there that needs an operator',
    );
  });

  it('has whole findings only', async () => {
    const { run } = await startWithPermanentLoss();
    expect((await run('audit --acknowledge 0:3-4 --reason known')).errors).toContain(
      '--acknowledge 0:3-4 has a part of a finding only: pass 0:3-5',
    );
  });
});
