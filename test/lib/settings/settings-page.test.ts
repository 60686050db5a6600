import { expect, it } from 'vitest';
import { settingsSchema } from '../../../lib/settings/settings-schema.ts';
import { settingsPage } from './settings-page.ts';

it('docs/settings.md is what the schema says', async () => {
  await expect(settingsPage()).toMatchFileSnapshot('../../docs/settings.md');
});

it('says of each setting what it must be, and what it does', () => {
  const rows = settingsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  expect(rows.map(([, name = '']) => name.slice(1, -1))).toEqual(Object.keys(settingsSchema.shape));
  expect(rows.filter(([, , must, , does]) => must === '' || does === '')).toEqual([]);
});
