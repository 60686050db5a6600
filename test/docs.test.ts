import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  catalogMetricNames,
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
import { commandsOf, runbookCommands } from './lib/runbook-commands.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync('{*.md,docs/**/*.md,tools/*/*.md,examples/*/*.md}', { cwd: root });

/** The names in the first column of a page's tables, as they stand between backticks. */
function listedIn(page: string): string[] {
  return [...read(page).matchAll(/^ *\| `([\w-]+)` \|/gm)].map(([, name = '']) => name);
}

/** The anchor of a heading, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}

/** The anchors of a page's headings. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

/** The text below the heading with an anchor, up to the next heading of any level; empty without such a heading. */
function sectionOf(page: string, anchor: string): string {
  const sections = page.split(/^##+ /m).map((section) => section.split(/\n([\s\S]*)/));
  return sections.find(([heading = '']) => anchorOf(heading) === anchor)?.[1] ?? '';
}

describe('documentation', () => {
  it.each(pages)('%s has no broken link', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('is named in sources and messages by pages and sections that exist', () => {
    const sources = globSync('{bin,cli,examples,kafka,lambda,lib,tools}/**/*.ts', {
      cwd: root,
      exclude: (file) => /node_modules/.test(file),
    });
    const broken = sources.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[\w/-]+\.md(?:#([\w-]+))?/g)]
        .filter(([link, anchor]) => {
          const [page = ''] = link.split('#');
          if (!existsSync(join(root, page))) return true;
          return anchor !== undefined && !anchorsOf(read(page)).includes(anchor);
        })
        .map(([link]) => `${file}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('README lists at most ten settings, all of which exist', () => {
    const listed = listedIn('README.md');
    expect(listed.length).toBeGreaterThan(5);
    expect(listed.length).toBeLessThanOrEqual(10);
    const all = Object.keys(settingsSchema.shape);
    expect(listed.filter((name) => !all.includes(name))).toEqual([]);
  });

  it('README says that nothing has run in an AWS account yet, and what is never delivered', () => {
    const firstScreen = read('README.md').split('\n').slice(0, 12).join(' ');
    expect(firstScreen).toMatch(/nothing has run in an AWS account yet/);
    expect(firstScreen).toMatch(/Nothing that Lambda delivers is lost\..*6 MB payload limit/);
  });

  it('docs/reading-the-archive.md lists every name of object metadata', () => {
    const page = read('docs/reading-the-archive.md');
    const missing = Object.values(objectMetadataNames).filter(
      (name) => !page.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });

  it('docs/operate.md lists every metric', () => {
    const listed = listedIn('docs/operate.md').filter((name) => /^[A-Z]/.test(name));
    const all = [metricNames, replayMetricNames, catalogMetricNames].flatMap(Object.values);
    expect(listed.sort()).toEqual(all.sort());
  });

  it('docs/runbook.md has a section for each alarm and one for deployments: description, investigation, resolution', () => {
    const sections = read('docs/runbook.md').split(/^## /m).slice(1);
    const titles = sections.map((section) => section.split('\n')[0]);
    expect(titles).toEqual([...Object.values(alarmNames), 'After a failed deployment']);
    for (const section of sections) {
      for (const part of ['Description', 'Investigation', 'Resolution']) {
        expect(section).toContain(`**${part}.**`);
      }
    }
  });

  it('docs/runbook.md searches the logs for messages that the functions write', () => {
    const filters = [...read('docs/runbook.md').matchAll(/--filter-pattern '(.*)'/g)];
    const patterns = filters.flatMap(([, filter = '']) =>
      [...filter.matchAll(/"([^"]+)"/g)].map(([, pattern = '']) => pattern),
    );
    expect(patterns.length).toBeGreaterThan(5);
    // The others are Lambda's messages, and the code of settings that are refused at start.
    const others = ['Task timed out', 'OutOfMemory', 'INVALID_SETTINGS', 'errorMessage'];
    const written = [...Object.values(logMessages), ...others];
    expect(patterns.filter((pattern) => !written.some((text) => text.includes(pattern)))).toEqual(
      [],
    );
  });

  describe('the commands of docs/runbook.md', () => {
    const page = read('docs/runbook.md');
    const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    const inText = [...page.matchAll(/`((?:aws|npx|replay)\s[^`]*)`/g)].map(
      ([, command = '']) => command,
    );
    const [start = '', ...others] = blocks;
    const commands = [...others, ...inText];
    const variablesSetBy = (block: string) =>
      [...block.matchAll(/\b([A-Z_]+)=/g)].map(([, name = '']) => name);

    it('use only variables that the first block or their own sets', () => {
      const unset = [start, ...commands].flatMap((command) => {
        const set = [...variablesSetBy(start), ...variablesSetBy(command)];
        const used = [...command.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name = '']) => name);
        return used.filter((name) => !set.includes(name));
      });
      expect(commands.length).toBeGreaterThan(30);
      expect(unset).toEqual([]);
    });

    it('leave only the words of the table to write, and every one of them', () => {
      // A capital word is a value, except inside single quotes, which hold queries and log messages.
      const words = commands.flatMap((command) =>
        [
          ...command
            .replaceAll(/'[^']*'/g, '')
            .matchAll(/(?<![\w${])(?!AWS\/)[A-Z][A-Z_]+(?![\w=])/g),
        ].map(([word]) => word),
      );
      expect([...new Set(words)].sort()).toEqual(
        listedIn('docs/runbook.md')
          .filter((name) => /^[A-Z_]+$/.test(name))
          .sort(),
      );
    });

    it('name no stack, topic or group, and give `date` no option, because systems differ in them', () => {
      expect(
        commands.filter((command) => /KafkaArchive|\borders\b|\bdate -/.test(command)),
      ).toEqual([]);
    });
  });

  it('docs/security.md links each call that is left out to a section with a command that makes it', () => {
    const rows = [
      ...read('docs/security.md').matchAll(
        /^\| `([\w-]+:\w+)` on (?:the )?([a-z -]+) \|.*?\]\((\w+\.md)#([\w-]+)\)/gm,
      ),
    ];
    const unmade = rows.filter(
      ([, action, on, file = '', anchor = '']) =>
        !commandsOf(sectionOf(read(`docs/${file}`), anchor)).some((command) =>
          runbookCommands[command]?.some((call) => call.action === action && call.on === on),
        ),
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(unmade.map(([row]) => row)).toEqual([]);
  });

  it('docs/runbook.md has a section for each code of a dead letter', () => {
    const titles = [...read('docs/runbook.md').matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    // These never reach a dead letter: they occur before a message is read, leave it in its queue, occur
    // after its death, or concern a Kafka client or a reader of the archive.
    const others = [
      ...['INVALID_SETTINGS', 'QUEUE_FAILED', 'NOTIFY_FAILED', 'KAFKA_FAILED'],
      'NOT_A_RECORD_LINE',
    ];
    const codes = errorCodes.filter((code) => !others.includes(code));
    expect(titles.sort()).toEqual([...codes, 'No code'].sort());
  });

  it('docs/operate.md lists every tag of a failed batch and every attribute of a dead letter', () => {
    const listed = listedIn('docs/operate.md');
    const names = [...Object.values(failedBatchTags), ...Object.values(deadLetterAttributes)];
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  });

  it('docs/operate.md lists every attribute of a notification', () => {
    const [, section = ''] = read('docs/operate.md').split(/^## Notifications$/m);
    const names = Object.values(notificationAttributes);
    expect(names.filter((name) => !section.includes(`| \`${name}\` |`))).toEqual([]);
  });

  describe('docs/what-aws-documents.md', () => {
    const [documented = '', assumed = ''] = read('docs/what-aws-documents.md').split(
      /^## Not documented: assumed$/m,
    );
    const sources = globSync('{cli,kafka,lambda,lib}/**/*.ts', { cwd: root });
    /** Pages, without an anchor, and without the full stop or the bracket that may follow a link. */
    const linked = new Set(
      sources.flatMap((file) =>
        [...read(file).matchAll(/https:\/\/docs\.aws\.amazon\.com[^\s'"`)#]*[^\s'"`).#]/g)].map(
          String,
        ),
      ),
    );
    const rows = documented.split('\n').filter((line) => line.startsWith('| ['));

    it('has a sentence, a day and a purpose in each row', () => {
      const row =
        /^\| \[[^\]]+\]\(https:\/\/docs\.aws\.amazon\.com\/[^)]+\) \| “[^”]+” \| 20\d\d-\d\d-\d\d \| [^|]+ \|$/;
      expect(rows.filter((line) => !row.test(line))).toEqual([]);
    });

    it('has a row for each link of the product, and no other', () => {
      const quoted = new Set(rows.map((line) => /\((https:[^)#]+)/.exec(line)?.[1]));
      expect(linked.size).toBeGreaterThan(60);
      expect([...linked].filter((link) => !quoted.has(link))).toEqual([]);
      expect([...quoted].filter((link) => !linked.has(String(link)))).toEqual([]);
    });

    it('has a row for each file with an assumption, and no other', () => {
      const marked = sources.filter((file) => read(file).includes('ASSUMED:'));
      const listed = [...assumed.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file);
      expect(listed.sort()).toEqual(marked.sort());
    });
  });

  it('names no absolute path of a machine', () => {
    const paths = pages.filter((page) =>
      /(^|[\s"'(`])\/(home|root|tmp|work|Users)\//m.test(read(page)),
    );
    expect(paths).toEqual([]);
  });
});
