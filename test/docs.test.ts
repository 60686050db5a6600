import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  deadLetterAttributes,
  failedBatchTags,
  logMessages,
  metricNames,
  notificationAttributes,
  objectMetadataNames,
  replayMetricNames,
} from '../lambda/contract.ts';
import { errorCodes } from '../lambda/core/errors.ts';
import { alarmNames } from '../lib/monitoring/alarm-names.ts';
import { settingsSchema } from '../lib/settings/settings-schema.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync('{*.md,docs/**/*.md,{examples,tools}/*/*.md}', { cwd: root });

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('documentation', () => {
  it.each(pages)('%s links to what is there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('README lists settings that there are', () => {
    const listed = [...read('README.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThan(10);
    const all = Object.keys(settingsSchema.shape);
    expect(listed.filter((name = '') => !all.includes(name))).toEqual([]);
  });

  it('docs/object-layout.md lists every name of object metadata', () => {
    const page = read('docs/object-layout.md');
    const missing = Object.values(objectMetadataNames).filter(
      (name) => !page.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });

  it('docs/metrics.md lists every metric', () => {
    const listed = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, name]) => name,
    );
    const all = [...Object.values(metricNames), ...Object.values(replayMetricNames)];
    expect(listed.sort()).toEqual(all.sort());
  });

  it('docs/runbook.md has a section for each alarm, with what to look for and to do', () => {
    const sections = read('docs/runbook.md').split(/^## /m).slice(1);
    const titles = sections.map((section) => section.split('\n')[0]);
    expect(titles).toEqual(Object.values(alarmNames));
    for (const section of sections) {
      for (const part of ['Description', 'Investigation', 'Resolution']) {
        expect(section).toContain(`**${part}.**`);
      }
    }
  });

  it('docs/runbook.md looks in the logs for what is written there', () => {
    const filters = [...read('docs/runbook.md').matchAll(/--filter-pattern '(.*)'/g)];
    const patterns = filters.flatMap(([, filter = '']) =>
      [...filter.matchAll(/"([^"]+)"/g)].map(([, pattern = '']) => pattern),
    );
    expect(patterns.length).toBeGreaterThan(5);
    // The others are Lambda's own, and the code of settings that are refused at start.
    const others = ['Task timed out', 'OutOfMemory', 'INVALID_SETTINGS', 'errorMessage'];
    const written = [...Object.values(logMessages), ...others];
    expect(patterns.filter((pattern) => !written.some((text) => text.includes(pattern)))).toEqual(
      [],
    );
  });

  it('docs/runbook.md has a section for each reason of a dead letter', () => {
    const titles = [...read('docs/runbook.md').matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    // One is told before a message is read, one leaves it in its queue, one is told when it is dead, and one
    // is a command line's.
    const others = ['INVALID_SETTINGS', 'QUEUE_FAILED', 'NOTIFY_FAILED', 'KAFKA_FAILED'];
    const codes = errorCodes.filter((code) => !others.includes(code));
    expect(titles.sort()).toEqual([...codes, 'No code'].sort());
  });

  it('docs/replay.md lists every tag of a failed batch and every attribute of a dead letter', () => {
    const page = read('docs/replay.md');
    const names = [...Object.values(failedBatchTags), ...Object.values(deadLetterAttributes)];
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('docs/monitoring.md lists every attribute of a notification', () => {
    const page = read('docs/monitoring.md');
    const names = Object.values(notificationAttributes);
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('says nothing of one machine: no absolute paths in the docs', () => {
    const paths = pages.filter((page) =>
      /(^|[\s"'(`])\/(home|root|tmp|work|Users)\//m.test(read(page)),
    );
    expect(paths).toEqual([]);
  });
});
