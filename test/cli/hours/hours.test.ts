import { describe, expect, it } from 'vitest';
import {
  encodeHourRecord,
  type HourPartition,
  type HourRecord,
  whyOpen,
} from '../../../lambda/core/audit/hour-record.ts';
import { bucketOf, folderOf, run, runOn } from '../archive/archive-console.ts';
import { describedStack, startStacks } from '../stacks-server.ts';

const partition: HourPartition = {
  ...{ partition: 0, through: 2_000, log_start: 0, end: 2_000 },
  ...{ records: 1_500, first: 100, last: 1_599, doubles: 20, holes: {} },
};

function hourRecord(hour: string, given: Partial<HourRecord> = {}): HourRecord {
  return {
    ...{ format: 1, topic: 'orders', dt: '2025-11-23', hour, generation: 1 },
    ...{ asOf: '2025-11-23T11:00:00.000Z', claim: 'audited', settled: true, closed: true },
    ...{ partitions: [partition], late: { records: 0, latest_ms: 0 } },
    sources: { objects: 3, digest: 'e3b0c442' },
    ...given,
  };
}

const objectsOf = (records: readonly HourRecord[], prefix = 'shop/') =>
  new Map(
    records.map((record) => [
      `hours/${prefix}topic=orders/dt=${record.dt}/hour=${record.hour}.json`,
      { body: Buffer.from(encodeHourRecord(record)) },
    ]),
  );

const eight = hourRecord('08');
const nine = hourRecord('09', {
  ...{ closed: false, generation: 2, late: { records: 1_200, latest_ms: 60_000 } },
  why_open: whyOpen.unbounded,
});
const ten = hourRecord('10', {
  ...{ claim: 'listed', closed: false, settled: false, why_open: whyOpen.notAsked },
  partitions: [
    { ...partition, holes: { lost: 2, expired: 1_000 } },
    { partition: 1, through: 0, records: 0, doubles: 0, holes: { lost: 1 } },
  ],
});

const range = '--from 2025-11-23T08:00:00Z --to 2025-11-23T12:00:00Z';

describe('hours', () => {
  it('shows the records of a range, and which are missing', async () => {
    const folder = folderOf(objectsOf([eight, nine, ten]));
    expect(await runOn(folder, `hours --topic orders ${range}`)).toEqual({
      ...{ code: 0, errors: [] },
      out: `${[
        'DT          HOUR  GENERATION  CLAIM    STATE    RECORDS  DOUBLES  HOLES                  LATE',
        '2025-11-23  08    1           audited  closed   1,500    20       0                      0',
        '2025-11-23  09    2           audited  settled  1,500    20       0                      1,200',
        '2025-11-23  10    1           listed   open     1,500    20       1,000 expired, 3 lost  0',
        '2025-11-23  11                         missing',
        '',
        '1 closed, 1 settled, 1 open, 1 missing',
        `Not closed: ${whyOpen.unbounded}`,
        `Not closed: ${whyOpen.notAsked}`,
      ].join('\n')}\n`,
    });
    const { out } = await runOn(folder, `hours --topic orders ${range} --json`);
    expect(JSON.parse(out)).toEqual({
      ...{ topic: 'orders', prefix: 'shop/', hours: [eight, nine, ten] },
      missing: [{ dt: '2025-11-23', hour: '11' }],
    });
  });

  it('ends with exit code 3 if an hour is not complete, and still prints its answer', async () => {
    const folder = folderOf(objectsOf([eight, nine, ten]));
    const complete = (from: string, to: string) =>
      runOn(
        folder,
        `hours --topic orders --complete --from 2025-11-23T${from}:00Z --to 2025-11-23T${to}:00Z`,
      );
    expect(await complete('08:30', '09:01')).toMatchObject({ code: 0, errors: [] });
    expect(await complete('10:59', '11:00')).toMatchObject({ code: 3, errors: [] });
    const missing = await complete('11:00', '12:00');
    expect(missing).toMatchObject({ code: 3, errors: [] });
    expect(missing.out).toContain('\n1 missing\n');
  });

  it('shows the 24 hours before the current one by default', async () => {
    const folder = folderOf(objectsOf([eight, nine]));
    const now = () => Date.parse('2025-11-24T09:59:59Z');
    const { out } = await runOn(folder, 'hours --topic orders --json', { now });
    const { hours, missing } = JSON.parse(out);
    expect(hours).toEqual([nine]);
    expect(missing).toHaveLength(23);
    expect(missing.at(-1)).toEqual({ dt: '2025-11-24', hour: '08' });
  });

  it('shows days where records are about days', async () => {
    const folder = folderOf(objectsOf([hourRecord('all')]));
    const line = 'hours --topic orders --from 2025-11-22T23:00:00Z --to 2025-11-23T00:00:00.001Z';
    expect((await runOn(folder, line)).out).toBe(
      `${[
        'DT          HOUR  GENERATION  CLAIM    STATE    RECORDS  DOUBLES  HOLES  LATE',
        '2025-11-22  all                        missing',
        '2025-11-23  all   1           audited  closed   1,500    20       0      0',
        '',
        '1 closed, 1 missing',
      ].join('\n')}\n`,
    );
  });

  it('reads the bucket that the stack names, or a flag', async () => {
    const [, bucket = '', ...endpoint] = await bucketOf(objectsOf([eight]));
    const line = `hours --topic orders ${range} --json`.split(' ');
    await startStacks(describedStack([{ name: 'FailedBatchBucketName', value: 'f' }]));
    expect((await run([...line, ...endpoint, '--region', 'eu-west-1'])).errors).toEqual([
      "stack 'KafkaArchive' has no output DerivedBucketName: deploy this version of it, or pass --derived-bucket",
    ]);
    await startStacks(
      describedStack([
        { name: 'FailedBatchBucketName', value: 'f' },
        { name: 'DerivedBucketName', value: bucket },
      ]),
    );
    const read = await run([...line, ...endpoint, '--region', 'eu-west-1']);
    expect(JSON.parse(read.out).hours).toEqual([eight]);
    expect((await run([...line, ...endpoint, '--derived-bucket', bucket])).out).toBe(read.out);
  });

  it('says which archives have the topic, and refuses an empty range', async () => {
    const both = [
      ...objectsOf([eight]),
      ...objectsOf([nine], ''),
      ['audit/readme.txt', { body: '' }],
    ];
    const folder = folderOf(new Map(both as never));
    expect(await runOn(folder, `hours --topic orders ${range}`)).toEqual({
      ...{ code: 1, out: '' },
      errors: [
        "topic 'orders' has hour records of several archives: pass --prefix with one of 'shop/', ''",
      ],
    });
    const { out } = await runOn(folder, `hours --topic orders ${range} --prefix shop --json`);
    expect(JSON.parse(out)).toMatchObject({ prefix: 'shop/', hours: [eight] });
    expect((await runOn(folder, `hours --topic other ${range}`)).errors).toEqual([
      `topic 'other' has no objects in '${folder}'; topics: orders`,
    ]);
    const audited = folderOf(
      new Map([['audit/topic=orders/ledger.json', { body: Buffer.from('{}') }]]),
    );
    expect((await runOn(audited, `hours --topic orders ${range}`)).errors).toEqual([
      `topic 'orders' has no hour records in '${audited}'`,
    ]);
    expect(await runOn(folder, 'hours --topic orders --from 2h --to 3h')).toMatchObject({
      ...{ code: 2, errors: ["--from must be before --to; see 'kafka-archive hours --help'"] },
    });
  });

  it('refuses a record of a newer version', async () => {
    const [[key] = ['']] = objectsOf([eight]);
    const folder = folderOf(new Map([[key, { body: Buffer.from('{"format":2}') }]]));
    expect((await runOn(folder, `hours --topic orders ${range}`)).errors).toEqual([
      `'${key}' is no hour record of format 1`,
    ]);
  });
});
