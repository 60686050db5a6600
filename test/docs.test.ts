import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricNames, objectMetadataNames } from '../lambda/contract.ts';
import { settingsSchema } from '../lib/settings-schema.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync('{*.md,{docs,emulator,bench}/**/*.md}', { cwd: root });

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
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

  it('README lists every setting, and no other', () => {
    const listed = [...read('README.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(Object.keys(settingsSchema.shape).sort());
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
    expect(listed.sort()).toEqual(Object.values(metricNames).sort());
  });

  it('says nothing of one machine: no absolute paths in the docs', () => {
    const paths = pages.filter((page) =>
      /(^|[\s"'(`])\/(home|root|tmp|work|Users)\//m.test(read(page)),
    );
    expect(paths).toEqual([]);
  });
});
