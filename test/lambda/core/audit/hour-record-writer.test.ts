import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BrokerTopicSettings } from '../../../../lambda/core/audit/broker.ts';
import type { Finding } from '../../../../lambda/core/audit/finding.ts';
import { periodsBetween } from '../../../../lambda/core/audit/hour-period.ts';
import {
  decodeHourRecord,
  encodeHourRecord,
  whyOpen,
} from '../../../../lambda/core/audit/hour-record.ts';
import type { ObjectOffsets } from '../../../../lambda/core/audit/hour-record-counts.ts';
import { type AuditedHours, writeHours } from '../../../../lambda/core/audit/hour-record-writer.ts';
import { ListedHours, sourcesOf } from '../../../../lambda/core/audit/listed-hours.ts';
import type { PartitionReport } from '../../../../lambda/core/audit/report.ts';
import type { ListedObject } from '../../../../lambda/core/object/archive-source.ts';
import { MemoryHours } from '../../../helpers/memory-hours.ts';

const place = { objectPrefix: 'shop/', topic: 'orders' };
const patient = { signal: new AbortController().signal, attemptTimeout: 1_000 };
const at = (text: string) => Date.parse(`2026-11-23T${text}Z`);
const hour = 3_600_000;

/** An archive, its hour records, and what the next audit sees. */
class World {
  readonly hours = new MemoryHours();
  /** Keys below the topic's folder, such as `dt=2026-11-23/hour=09/p0.0-9.jsonl.gz`. */
  readonly objects = new Set<string>();
  readonly bodies = new Map<string, ObjectOffsets>();
  /** Folders that were listed for their records. */
  readonly listings: string[] = [];
  settings: BrokerTopicSettings = {
    ...{ isCompacted: false, timestampType: 'CreateTime', beforeMaxMs: undefined, own: {} },
  };
  /** By partition. */
  offsets: readonly { readonly through: number; readonly end: number }[] = [{ through: 0, end: 0 }];
  findings: readonly Finding[] = [];

  add(...names: readonly string[]): void {
    for (const name of names) this.objects.add(`shop/topic=orders/${name}`);
  }

  listed(prefix: string): ListedObject[] {
    return [...this.objects]
      .filter((key) => key.startsWith(prefix))
      .sort()
      .map((key) => ({ key, bytes: 10 }));
  }

  /** Audits and writes the hour records. @param given `lists` is the prefix that the audit lists */
  async audit(
    asOf: string,
    { lists = '', ...given }: Partial<AuditedHours> & { readonly lists?: string } = {},
  ): Promise<number> {
    const listed = new ListedHours(place);
    for (const each of this.listed(`shop/topic=orders/${lists}`)) listed.add(each);
    const partitions = this.offsets.map<PartitionReport>(({ end, through }, partition) => ({
      ...{ partition, from: 0, through, lastStable: end, stored: through, duplicates: 0 },
      ...{ holes: {}, findings: this.findings.filter((each) => each.partition === partition) },
    }));
    const logs = this.offsets.map(({ end, through }, partition) => ({
      ...{ partition, logStart: 1, lastStable: end, end, committed: through },
    }));
    const broker = { topic: 'orders', topicId: 'id', settings: this.settings, partitions: logs };
    const archive = {
      listLevel: async (prefix: string) => {
        this.listings.push(prefix.slice('shop/topic=orders/'.length));
        const direct = (key: string) => !key.slice(prefix.length).includes('/');
        return { folders: [], objects: this.listed(prefix).filter(({ key }) => direct(key)) };
      },
    };
    const offsetsOf = async ({ key }: ListedObject) => this.bodies.get(key) ?? new Map();
    return await writeHours(
      { archive, hours: this.hours, offsetsOf },
      {
        ...{ place, timeFolder: 'hour', asOf: at(asOf), claim: 'audited', broker, partitions },
        ...{ listed, ...given },
      },
      patient,
    );
  }

  record(name = '2026-11-23/09') {
    return this.hours.record(`orders/${name}`);
  }

  /** What the record of an hour says about what may still come. */
  state(name?: string) {
    const { closed, generation, settled, why_open } = this.record(name);
    return { closed, generation, settled, why_open };
  }
}

const nine = (name: string) => `dt=2026-11-23/hour=09/${name}`;
const finding = (given: Partial<Finding>): Finding => ({
  ...{ partition: 0, first: 3, last: 4, offsets: 2, class: 'lost', isOnBroker: true },
  ...{ seenAt: '2026-11-23T10:00:00.000Z', evidence: 'A sentence.', ...given },
});

describe('an hour record', () => {
  it('has the fields that the documentation names', async () => {
    const world = new World();
    world.add(
      nine('p0.0-9.jsonl.gz'),
      nine('p0.8-19x7_p2.5-5.jsonl.gz'),
      nine('p0.9-9.1of2.jsonl'),
    );
    world.bodies.set('shop/topic=orders/dt=2026-11-23/hour=09/p0.9-9.1of2.jsonl', new Map());
    world.bodies.set(
      'shop/topic=orders/dt=2026-11-23/hour=09/p0.8-19x7_p2.5-5.jsonl.gz',
      new Map([
        [
          0,
          [
            { first: 8, last: 13 },
            { first: 19, last: 19 },
          ],
        ],
        [2, [{ first: 5, last: 5 }]],
      ]),
    );
    world.offsets = [
      { through: 30, end: 40 },
      { through: 3, end: 3 },
    ];
    world.findings = [
      finding({ first: 14, last: 15, class: 'below-log-start', isOnBroker: false }),
      finding({ first: 16, last: 16, offsets: 1, class: 'below-log-start', isOnBroker: false }),
      finding({ first: 14, last: 15, class: 'conflict' }),
      finding({ first: 20, last: 25, class: 'expired', isOnBroker: false }),
    ];
    expect(await world.audit('10:20')).toBe(1);
    const lines = [
      'shop/topic=orders/dt=2026-11-23/hour=09/p0.0-9.jsonl.gz\t10\n',
      'shop/topic=orders/dt=2026-11-23/hour=09/p0.8-19x7_p2.5-5.jsonl.gz\t10\n',
      'shop/topic=orders/dt=2026-11-23/hour=09/p0.9-9.1of2.jsonl\t10\n',
    ];
    expect(world.record()).toEqual({
      ...{ format: 1, topic: 'orders', dt: '2026-11-23', hour: '09', generation: 1 },
      ...{ asOf: '2026-11-23T10:20:00.000Z', claim: 'audited', settled: false, closed: false },
      why_open: whyOpen.notArchived,
      partitions: [
        {
          ...{ partition: 0, through: 30, log_start: 1, end: 40 },
          ...{ records: 15, first: 0, last: 19, doubles: 2, holes: { 'below-log-start': 3 } },
        },
        {
          ...{ partition: 1, through: 3, log_start: 1, end: 3 },
          ...{ records: 0, doubles: 0, holes: {} },
        },
        { partition: 2, through: 0, records: 1, first: 5, last: 5, doubles: 0, holes: {} },
      ],
      late: { records: 0, latest_ms: 0 },
      sources: { objects: 3, digest: createHash('sha256').update(lines.join('')).digest('hex') },
    });
  });

  it('is one line of JSON, and others are refused', () => {
    const text = '{"format":1,"topic":"orders"}\n';
    expect(encodeHourRecord(decodeHourRecord(text, 'a'))).toBe(text);
    for (const other of ['{"format":2}', '[]', '{', '']) {
      expect(() => decodeHourRecord(other, 'hours/a.json')).toThrowError(
        "'hours/a.json' is no hour record of format 1",
      );
    }
  });

  it('is written for each hour from the first record to the last hour that is over', async () => {
    const world = new World();
    world.add('dt=2026-11-23/hour=05/p0.0-9.jsonl.gz', 'dt=2026-11-23/hour=08/p0.10-19.jsonl.gz');
    expect(await world.audit('08:59')).toBe(3);
    expect([...world.hours.texts.keys()].sort()).toEqual([
      'orders/2026-11-23/05',
      'orders/2026-11-23/06',
      'orders/2026-11-23/07',
    ]);
    expect(world.record('2026-11-23/06')).toMatchObject({
      generation: 1,
      partitions: [{ partition: 0, records: 0 }],
      sources: sourcesOf([]),
    });
    // A later audit lists the new folders only, and knows the first hour by its record.
    expect(await world.audit('10:00', { lists: 'dt=2026-11-23/hour=08/' })).toBe(2);
    expect([...world.hours.texts.keys()].slice(3).sort()).toEqual([
      'orders/2026-11-23/08',
      'orders/2026-11-23/09',
    ]);
  });

  it('is not written without a record, nor for records outside time folders', async () => {
    const world = new World();
    world.add('p0.0-9.jsonl.gz', 'dt=1970-01-01/hour=00/p0.10-19.jsonl.gz');
    expect(await world.audit('10:00')).toBe(0);
    expect(await world.audit('10:00', { timeFolder: 'none' })).toBe(0);
    world.add(nine('p0.20-29.jsonl.gz'));
    // An earlier setting had hours.
    expect(await world.audit('12:00', { timeFolder: 'none' })).toBe(1);
    expect(world.hours.saves).toEqual(['orders/2026-11-23/09']);
  });

  it('is of a day where folders are days', async () => {
    const world = new World();
    world.add('dt=2026-11-20/p0.0-9.jsonl.gz', 'dt=2026-11-20/readme.txt');
    world.add('dt=2026-11-19/hour=05/p0.10-19.jsonl.gz');
    expect(await world.audit('10:00', { timeFolder: 'day' })).toBe(4);
    expect(world.hours.saves.toSorted()).toEqual([
      'orders/2026-11-19/05',
      'orders/2026-11-20/all',
      'orders/2026-11-21/all',
      'orders/2026-11-22/all',
    ]);
    expect(world.record('2026-11-20/all')).toMatchObject({
      ...{ dt: '2026-11-20', hour: 'all', sources: { objects: 1 } },
      partitions: [{ records: 10 }],
    });
  });

  it('gets another generation only if its statement changes', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 10 }];
    expect(await world.audit('10:05')).toBe(1);
    world.offsets = [{ through: 11, end: 12 }];
    expect(await world.audit('11:01')).toBe(1);
    expect(world.hours.saves).toEqual(['orders/2026-11-23/09', 'orders/2026-11-23/10']);
    expect(world.listings).toEqual(['dt=2026-11-23/hour=09/', 'dt=2026-11-23/hour=10/']);
    world.add(nine('p0.10-11.jsonl.gz'));
    expect(await world.audit('11:30')).toBe(1);
    expect(world.record()).toMatchObject({
      ...{ generation: 2, asOf: '2026-11-23T11:30:00.000Z', sources: { objects: 2 } },
      late: { records: 2, latest_ms: 1.5 * hour },
      partitions: [{ through: 11, end: 12, records: 12, last: 11 }],
    });
    world.add(nine('p0.10-11~0a1b2c3d.jsonl.gz'));
    expect(await world.audit('11:40')).toBe(1);
    expect(world.record()).toMatchObject({
      ...{ generation: 3, late: { records: 2, latest_ms: 1.5 * hour } },
      partitions: [{ records: 12, doubles: 2 }],
    });
  });

  it('is kept where all objects of its hour were deleted', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    await world.audit('10:05');
    world.objects.clear();
    expect(await world.audit('10:06')).toBe(0);
    expect(world.record()).toMatchObject({ generation: 1, sources: { objects: 1 } });
  });

  it('is left to a writer that was faster', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.hours.beforeSave = (name) => {
      world.hours.texts.set(name, { text: '{"format":1}', version: 'other' });
    };
    expect(await world.audit('10:05')).toBe(0);
    expect(world.hours.texts.get('orders/2026-11-23/09')?.version).toBe('other');
  });

  it('is looked at for the latest hours first, a year back at most', async () => {
    const world = new World();
    world.add('dt=2001-01-01/hour=00/p0.0-9.jsonl.gz', nine('p0.10-19.jsonl.gz'));
    // Most hours of the year have a record.
    for (const { dt, hour } of periodsBetween(
      Date.parse('2025-11-25'),
      Date.parse('2026-10-01'),
      'hour',
    )) {
      world.hours.texts.set(`orders/${dt}/${hour}`, { text: '{}', version: 'old' });
    }
    expect(await world.audit('11:00')).toBe(1_000);
    expect(world.hours.saves[0]).toBe('orders/2026-11-23/10');
    // The rest of 53 days and 11 hours; 61 hours of the 366 days; and the one with the wrong clock.
    expect(await world.audit('11:00')).toBe(53 * 24 + 11 + 61 + 1 - 1_000);
    expect(await world.audit('11:00')).toBe(0);
    expect(world.hours.saves.at(-1)).toBe('orders/2001-01-01/00');
  });
});

describe('the claim of an hour record', () => {
  const listed = { claim: 'listed', broker: undefined } as const;

  it('is `listed` without brokers, and open', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    await world.audit('10:20', listed);
    expect(world.record()).toMatchObject({
      ...{ claim: 'listed', settled: false, closed: false, why_open: whyOpen.notAsked },
    });
    expect(world.record().partitions).toEqual([
      { partition: 0, through: 0, records: 10, first: 0, last: 9, doubles: 0, holes: {} },
    ]);
    expect(await world.audit('10:30', listed)).toBe(0);
    expect(await world.audit('10:40')).toBe(1);
    expect(world.record()).toMatchObject({ generation: 2, claim: 'audited' });
  });

  it('stays `audited` until objects come that no broker was asked about', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    await world.audit('10:20');
    expect(await world.audit('10:30', listed)).toBe(0);
    // Without brokers, nothing can have settled.
    world.hours.loads.length = 0;
    expect(await world.audit('10:30', { ...listed, lists: 'dt=2026-11-24' })).toBe(0);
    expect(world.hours.loads).toEqual([]);
    world.add(nine('p0.10-19.jsonl.gz'));
    expect(await world.audit('10:40', listed)).toBe(1);
    expect(world.record()).toMatchObject({ generation: 2, claim: 'listed' });
  });
});

describe('an hour', () => {
  it('settles once everything is archived that the brokers had after its end', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [
      { through: 10, end: 20 },
      { through: 5, end: 5 },
    ];
    const open = { closed: false, settled: false, why_open: whyOpen.notArchived };
    // The clocks of the brokers may be late.
    await world.audit('10:00:30');
    expect(world.state()).toEqual({ ...open, generation: 1 });
    world.offsets = [
      { through: 20, end: 30 },
      { through: 5, end: 5 },
    ];
    // What the brokers had at 10:00:30 is archived, which is not late enough. What they have now is noted.
    expect(await world.audit('10:01:30')).toBe(1);
    expect(world.state()).toEqual({ ...open, generation: 2 });
    expect(world.record().partitions).toMatchObject([{ end: 30 }, { end: 5 }]);
    // The partition 2 was added since.
    world.offsets = [
      { through: 29, end: 40 },
      { through: 5, end: 5 },
      { through: 0, end: 1 },
    ];
    expect(await world.audit('10:30')).toBe(0);
    world.offsets = [
      { through: 40, end: 50 },
      { through: 5, end: 5 },
      { through: 1, end: 2 },
    ];
    await world.audit('10:40');
    const settled = { closed: false, settled: true, why_open: whyOpen.unbounded };
    expect(world.state()).toEqual({ ...settled, generation: 3 });
    // It stays so, however far behind the archive is.
    world.offsets = [
      { through: 40, end: 50_000 },
      { through: 5, end: 5 },
      { through: 1, end: 2 },
    ];
    world.add(nine('p0.21-22.jsonl.gz'));
    await world.audit('10:50');
    expect(world.state()).toEqual({ ...settled, generation: 4 });
  });

  it('does not settle while a partition has no report', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 10 }];
    await world.audit('10:05', { partitions: [] });
    expect(world.state()).toMatchObject({ settled: false, why_open: whyOpen.notArchived });
    expect(world.record().partitions).toMatchObject([{ through: 0, end: 10, records: 10 }]);
  });

  it('settles at once where nothing is left to archive', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 10 }];
    await world.audit('10:01');
    expect(world.state()).toMatchObject({ generation: 1, settled: true });
  });

  it('does not settle by what a listing alone has seen', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 20 }];
    await world.audit('10:05', { claim: 'listed', broker: undefined });
    await world.audit('10:06');
    expect(world.state()).toMatchObject({ generation: 2, settled: false });
  });

  it('closes with LogAppendTime when it settles', async () => {
    const world = new World();
    world.settings = { ...world.settings, timestampType: 'LogAppendTime' };
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 20 }];
    await world.audit('10:05');
    expect(world.state()).toMatchObject({ closed: false, why_open: whyOpen.notArchived });
    world.offsets = [{ through: 20, end: 30 }];
    // The hour was not listed again.
    await world.audit('11:05', { lists: 'dt=2026-11-24' });
    expect(world.state()).toEqual({ closed: true, generation: 2, settled: true });
  });

  it('closes once the brokers refuse late records and everything before is archived', async () => {
    const world = new World();
    world.settings = { ...world.settings, beforeMaxMs: 2 * hour };
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 10 }];
    await world.audit('10:05');
    const settled = { closed: false, settled: true };
    expect(world.state()).toEqual({ ...settled, generation: 1, why_open: whyOpen.notPast });
    expect(await world.audit('12:00:59', { lists: 'dt=2026-11-24' })).toBe(2);
    expect(world.hours.saves.slice(1)).toEqual(['orders/2026-11-23/11', 'orders/2026-11-23/10']);
    world.offsets = [{ through: 10, end: 20 }];
    await world.audit('12:01', { lists: 'dt=2026-11-24' });
    expect(world.state()).toEqual({ ...settled, generation: 2, why_open: whyOpen.notArchived });
    world.offsets = [{ through: 20, end: 30 }];
    await world.audit('12:02', { lists: 'dt=2026-11-24' });
    expect(world.state()).toEqual({ closed: true, generation: 3, settled: true });
    // It stays closed, however far behind the archive is, and is looked at for three days.
    world.offsets = [{ through: 20, end: 90 }];
    world.add(nine('p0.21-22.jsonl.gz'));
    await world.audit('12:03');
    expect(world.state()).toEqual({ closed: true, generation: 4, settled: true });
    world.hours.loads.length = 0;
    await writeAt(world, Date.parse('2026-11-26T12:01:00Z'));
    expect(world.hours.loads).not.toContain('orders/2026-11-23/09');
  });

  it.each(['lost', 'unexplained', 'failed-batch'] as const)(
    'does not settle while records that may belong to it are %s',
    async (kind) => {
      const world = new World();
      world.add(nine('p0.0-2.jsonl.gz'), nine('p0.5-9.jsonl.gz'));
      world.offsets = [{ through: 10, end: 10 }];
      const times = { first: at('09:59:59.999'), last: at('10:00') };
      world.findings = [finding({ class: kind, times })];
      await world.audit('11:05');
      const blocked = { closed: false, settled: false, why_open: whyOpen.findings };
      expect(world.state()).toEqual({ ...blocked, generation: 1 });
      expect(world.record().partitions).toMatchObject([{ holes: { [kind]: 2 } }]);
      expect(world.state('2026-11-23/10')).toMatchObject(blocked);
      // Without times, it may belong to any hour.
      world.findings = [finding({ class: kind, first: 1, last: 2 })];
      await world.audit('11:06');
      expect(world.record().partitions).toMatchObject([{ holes: { [kind]: 2 } }]);
      expect(world.state()).toEqual({ ...blocked, generation: 1 });
      // Of another hour, the one before and the one after.
      world.findings = [
        finding({ class: kind, times: { first: at('08:00'), last: at('08:59:59.999') } }),
        finding({ class: kind, times: { first: at('10:00'), last: at('10:00') } }),
      ];
      await world.audit('11:07');
      expect(world.state()).toMatchObject({ generation: 2, settled: true });
      expect(world.record().partitions).toMatchObject([{ holes: {} }]);
      // An operator has accepted the loss.
      const acknowledged = { at: '2026-11-23T11:07:00.000Z', reason: 'A sentence.' };
      world.findings = [finding({ class: kind, acknowledged })];
      await world.audit('11:08');
      expect(world.state()).toMatchObject({ generation: 3, settled: true });
      expect(world.record().partitions).toMatchObject([{ holes: { [kind]: 2 } }]);
    },
  );
});

describe('a finding without a time', () => {
  const failed = { class: 'failed-batch', isOnBroker: true } as const;

  it('does not unsettle an hour if its records came later', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 10 }];
    await world.audit('10:05');
    expect(world.state()).toMatchObject({ generation: 1, settled: true });
    world.offsets = [
      { through: 30, end: 30 },
      { through: 5, end: 5 },
    ];
    world.findings = [
      finding({ ...failed, first: 10, last: 29, offsets: 20 }),
      // The partition was added later.
      finding({ ...failed, partition: 1, first: 0, last: 4, offsets: 5 }),
    ];
    await world.audit('10:35');
    expect(world.state()).toMatchObject({ generation: 1, settled: true });
    world.findings = [finding({ ...failed, first: 9, last: 9, offsets: 1 })];
    await world.audit('10:36');
    expect(world.state()).toMatchObject({ generation: 2, settled: false });
    expect(world.record().partitions).toMatchObject([{ holes: { 'failed-batch': 1 } }, {}]);
  });

  it('does not keep an hour from settling if its records came after the end', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 20 }];
    await world.audit('10:05');
    expect(world.state()).toMatchObject({ generation: 1, settled: false });
    world.offsets = [{ through: 25, end: 30 }];
    world.findings = [finding({ ...failed, first: 19, last: 24, offsets: 6 })];
    await world.audit('10:35');
    expect(world.state()).toMatchObject({ generation: 2, why_open: whyOpen.findings });
    world.findings = [finding({ ...failed, first: 30, last: 34, offsets: 5 })];
    world.offsets = [{ through: 35, end: 40 }];
    await world.audit('10:36');
    expect(world.state()).toMatchObject({ generation: 3, settled: true });
  });

  it('belongs to no hour that began a day after it was found', async () => {
    const world = new World();
    world.add(nine('p0.0-9.jsonl.gz'));
    world.offsets = [{ through: 10, end: 10 }];
    world.findings = [finding({ ...failed, seenAt: '2026-11-22T09:00:00.000Z' })];
    await world.audit('10:05');
    expect(world.state()).toMatchObject({ generation: 1, settled: false });
    world.findings = [finding({ ...failed, seenAt: '2026-11-22T08:59:59.999Z' })];
    await world.audit('10:06');
    expect(world.state()).toMatchObject({ generation: 2, settled: true });
  });
});

describe('hour records of any topic', () => {
  const minute = 60_000;
  const begin = at('08:00');
  /** A record every few minutes whose timestamp is up to 40 minutes older than its time of arrival. */
  const records = fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 20 }),
      late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
    }),
    { minLength: 1, maxLength: 30 },
  );
  /** An audit every few minutes, and how much of what is new the mapping has archived by then. */
  const audits = fc.array(
    fc.record({
      after: fc.integer({ min: 1, max: 45 }),
      archived: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 20 },
  );

  it('settle and close when they may, and never before', async () => {
    await fc.assert(
      fc.asyncProperty(records, audits, async (given, planned) => {
        let time = begin;
        const log = given.map(({ after, late }) => {
          time += after * minute;
          return { arrival: time, timestamp: time - late * minute };
        });
        const world = new World();
        world.settings = { ...world.settings, beforeMaxMs: 40 * minute };
        const hourOf = (timestamp: number) => new Date(timestamp).toISOString().slice(0, 13);
        let [now, through] = [begin, 0];
        const audit = async (archived: number) => {
          const end = log.filter(({ arrival }) => arrival <= now).length;
          const next = through + Math.floor((end - through) * archived);
          for (; through < next; through++) {
            const [dt, hour] = hourOf((log[through] as { timestamp: number }).timestamp).split('T');
            world.add(`dt=${dt}/hour=${hour}/p0.${through}-${through}.jsonl.gz`);
          }
          world.offsets = [{ through, end }];
          await world.audit('00:00', { asOf: now });
          for (const name of world.hours.texts.keys()) {
            const { closed, dt, hour, settled } = world.hours.record(name);
            const own = [...log.entries()].filter(
              ([, { timestamp }]) => hourOf(timestamp) === `${dt}T${hour}`,
            );
            const left = own.filter(([offset]) => offset >= through);
            const over = Date.parse(`${dt}T${hour}:59:59.999Z`);
            if (settled) expect(left.filter(([, { arrival }]) => arrival <= over)).toEqual([]);
            if (closed) expect(left).toEqual([]);
          }
        };
        for (const { after, archived } of planned) {
          now += after * minute;
          await audit(archived);
        }
        // However busy the topic is, one audit with nothing left to archive is enough.
        now = Math.max(now, time) + 3 * hour;
        await audit(1);
        const names = [...world.hours.texts.keys()];
        const closedAt = log.map(
          ({ timestamp }) => `orders/${hourOf(timestamp).replace('T', '/')}`,
        );
        expect(names).toEqual(expect.arrayContaining(closedAt));
        for (const name of closedAt) expect(world.hours.record(name).closed).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('settle in the second audit after their end, although more records always come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 1, max: 60 }),
        async (first, every) => {
          const world = new World();
          world.add(nine('p0.0-9.jsonl.gz'));
          for (let audit = 0; audit < 4; audit++) {
            const since = first + audit * every;
            // The archive is always ten offsets behind the end of the log.
            world.offsets = [{ through: 10 * (audit + 1), end: 10 * (audit + 2) }];
            await world.audit('00:00', {
              asOf: at('10:00') + since * minute,
              lists: audit === 0 ? '' : 'none',
            });
          }
          expect(world.record().settled).toBe(true);
        },
      ),
    );
  });
});

/** Writes hour records of an audit that lists nothing. */
async function writeAt(world: World, asOf: number): Promise<void> {
  await world.audit('00:00', { asOf, lists: 'none' });
}
