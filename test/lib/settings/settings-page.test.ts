import { expect, it } from 'vitest';
import { settingsSchema } from '../../../lib/settings/settings-schema.ts';
import { settingsPage } from './settings-page.ts';

it('docs/settings.md is generated from the schema', async () => {
  const message = 'docs/settings.md differs from the schema: run npm run docs:settings';
  await expect(settingsPage(), message).toMatchFileSnapshot('../../../docs/settings.md');
});

it('the page has allowed values, a default and a description for every setting', () => {
  const rows = settingsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  expect(rows.map(([, name = '']) => name.slice(1, -1))).toEqual(Object.keys(settingsSchema.shape));
  expect(rows.filter((cells) => cells.slice(1, 5).includes(''))).toEqual([]);
  // Whole sentences.
  expect(rows.filter(([, , , , description = '']) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
});
