import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hourRecordKey, hourRecordsPrefix } from '../lambda/core/audit/derived-keys.ts';
import { holeClasses } from '../lambda/core/audit/finding.ts';
import {
  decodeHourRecord,
  type HourPartition,
  type HourRecord,
  whyOpen,
} from '../lambda/core/audit/hour-record.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/audit.md'), 'utf8');

/** The code block of the page that follows `<!-- snippet: KIND -->`. */
function snippet(kind: string): string {
  const [, code] =
    new RegExp(`<!-- snippet: ${kind} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  return code ?? expect.fail(`no snippet '${kind}'`);
}

const names: Record<keyof HourRecord, true> = {
  ...{ format: true, topic: true, dt: true, hour: true, generation: true, asOf: true },
  ...{ claim: true, settled: true, closed: true, why_open: true, partitions: true },
  ...{ late: true, sources: true },
};
const partitionNames: Record<keyof HourPartition, true> = {
  ...{ partition: true, through: true, log_start: true, end: true, records: true },
  ...{ first: true, last: true, doubles: true, holes: true },
};

interface State {
  readonly Next?: string;
  readonly Default?: string;
  readonly Catch?: readonly { readonly Next: string }[];
  readonly Choices?: readonly { readonly Next: string }[];
}

describe('docs/audit.md', () => {
  it('has every class of holes', () => {
    const listed = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
    expect(listed).toEqual(expect.arrayContaining([...holeClasses]));
  });

  it('has an hour record with every field, and explains each', () => {
    const record = decodeHourRecord(snippet('hour record'), 'example');
    expect(Object.keys(record).sort()).toEqual(Object.keys(names).sort());
    expect(Object.keys(record.partitions[0] ?? {}).sort()).toEqual(
      Object.keys(partitionNames).sort(),
    );
    expect(record.why_open).toBe(whyOpen.unbounded);
    const explained = page.slice(page.indexOf('| Field | Meaning |'));
    const plain = ['format', 'topic', 'dt', 'hour', 'partition', 'partitions'];
    const all = [...Object.keys(names), ...Object.keys(partitionNames)];
    expect(
      all.filter((name) => !plain.includes(name) && !explained.includes(`\`${name}\``)),
    ).toEqual([]);
  });

  it('has an event pattern that matches the hour records of one topic', () => {
    const pattern = JSON.parse(snippet('event pattern'));
    expect(pattern).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: [expect.any(String)] },
        object: { key: [{ prefix: expect.any(String) }] },
      },
    });
    const { prefix } = pattern.detail.object.key[0];
    const place = { objectPrefix: 'shop/', topic: 'orders' };
    expect(hourRecordKey(place, '2026-11-23', '09').startsWith(prefix)).toBe(true);
    expect(prefix).toBe(`${hourRecordsPrefix(place)}dt=`);
  });

  it('has a state machine whose states all exist and are reached', () => {
    const machine = JSON.parse(snippet('state machine')) as {
      readonly StartAt: string;
      readonly States: Readonly<Record<string, State>>;
    };
    const reached = new Set([machine.StartAt]);
    for (const name of reached) {
      const state = machine.States[name] ?? expect.fail(`no state '${name}'`);
      const { Catch = [], Choices = [], Default, Next } = state;
      const next = [...Catch, ...Choices].map((each) => each.Next);
      for (const each of [Next, Default, ...next]) if (each !== undefined) reached.add(each);
    }
    expect([...reached].sort()).toEqual(Object.keys(machine.States).sort());
  });
});
