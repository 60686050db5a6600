import { describe, expect, it } from 'vitest';
import type { CatalogLayout } from '../../../../lambda/contract.ts';
import {
  type ArchiveFolder,
  uncoveredFolders,
} from '../../../../lambda/core/catalog/uncovered-folders.ts';

const shop: CatalogLayout = { objectPrefix: 'shop/', timeFolder: 'hour', topics: ['orders'] };
const old: CatalogLayout = { objectPrefix: 'old/', timeFolder: 'none', topics: ['orders'] };
const coverage = { layouts: [shop, old], from: '2025-01-01', to: '2026-11-29' };
const at = (folder: Partial<ArchiveFolder>): ArchiveFolder => ({
  ...{ objectPrefix: 'shop/', topic: 'orders', dt: '2026-11-23' },
  ...folder,
});
const uncovered = (...folders: Partial<ArchiveFolder>[]) =>
  uncoveredFolders(folders.map(at), coverage).map(({ folder, remedy }) => [folder, remedy]);

describe('folders of the archive', () => {
  it.each<[string, Partial<ArchiveFolder>]>([
    ['an unopened date', {}],
    ['a date with hours', { timeFolder: 'hour' }],
    ['the first date', { dt: '2025-01-01' }],
    ['tomorrow', { dt: '2026-11-29' }],
    ['undated records', { dt: '1970-01-01', timeFolder: 'hour' }],
    ['undated records of format 1', { dt: 'invalid' }],
    [
      'objects of a layout without dates',
      { objectPrefix: 'old/', dt: undefined, timeFolder: 'none' },
    ],
  ])('that a table covers are not reported: %s', (_, folder) => {
    expect(uncovered(folder)).toEqual([]);
  });

  it.each<[string, Partial<ArchiveFolder>, string, string]>([
    [
      'an unknown prefix',
      { objectPrefix: '' },
      'topic=orders/',
      "add a layout with objectPrefix '' to catalogLayouts",
    ],
    [
      'a topic that is no longer archived',
      { topic: 'refunds' },
      'shop/topic=refunds/',
      "add 'refunds' to catalogTopics",
    ],
    [
      'another topic of an earlier prefix',
      { objectPrefix: 'old/', topic: 'refunds' },
      'old/topic=refunds/',
      "add 'refunds' to the topics of the layout 'old/' in catalogLayouts",
    ],
    [
      'objects without hours',
      { timeFolder: 'day' },
      'shop/topic=orders/',
      "add a layout with objectPrefix 'shop/' and timeFolder 'day' to catalogLayouts",
    ],
    [
      'objects without a date',
      { dt: undefined, timeFolder: 'none' },
      'shop/topic=orders/',
      "add a layout with objectPrefix 'shop/' and timeFolder 'none' to catalogLayouts",
    ],
    [
      'an unopened date where no table has dates',
      { objectPrefix: 'old/' },
      'old/topic=orders/',
      "add a layout with objectPrefix 'old/' and timeFolder 'day or hour' to catalogLayouts",
    ],
    [
      'a date before the first',
      { dt: '2024-12-31' },
      'shop/topic=orders/dt=2024-12-31/',
      "set catalogFrom to '2024-12-31' or earlier",
    ],
    [
      'a date after tomorrow',
      { dt: '2026-11-30' },
      'shop/topic=orders/dt=2026-11-30/',
      "look for a producer with a wrong clock: the tables end tomorrow, and 'kafka-archive find', 'cat' and 'sql' read the folder",
    ],
  ])('that no table covers are reported: %s', (_, folder, name, remedy) => {
    expect(uncovered(folder)).toEqual([[name, remedy]]);
  });

  it('are reported once, in order', () => {
    const refunds = { topic: 'refunds' };
    const early = { dt: '2024-12-31' };
    expect(uncovered(refunds, { ...refunds, dt: '2026-11-24' }, early, early)).toEqual([
      ['shop/topic=orders/dt=2024-12-31/', "set catalogFrom to '2024-12-31' or earlier"],
      ['shop/topic=refunds/', "add 'refunds' to catalogTopics"],
    ]);
  });
});
