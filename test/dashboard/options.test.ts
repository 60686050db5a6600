import { expect, it } from 'vitest';
import { dashboardHelp, parseDashboardOptions } from '../../dashboard/options.ts';
import { runDashboard } from '../../dashboard/run.ts';
import { refusalOf } from '../helpers/refusal.ts';

it('the picture is that of the documentation, or another', () => {
  expect(parseDashboardOptions([])).toEqual({ out: 'docs/dashboard.svg' });
  expect(parseDashboardOptions(['--out', 'mine.svg'])).toEqual({ out: 'mine.svg' });
});

it('help names every option', () => {
  expect(parseDashboardOptions(['--help', '--out', 'x'])).toBe('help');
  for (const option of ['--out', '--help']) expect(dashboardHelp).toContain(`  ${option}`);
});

it('an option that there is not is refused', () => {
  expect(refusalOf(() => parseDashboardOptions(['--minutes', '5']))).toContain("'--minutes'");
});

it.each([
  ['no/such/folder/picture.svg', 'ENOENT: no such file or directory'],
  [import.meta.dirname, 'it is a folder'],
])('a file that cannot be written is refused before anything is run: %s', async (out, why) => {
  const never = () => {
    throw new TypeError('nothing is to be run');
  };
  const deps = { bundle: never, now: never, print: never, progress: never };
  const refused = runDashboard({ out }, deps);
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_SETTINGS' });
  await expect(refused).rejects.toThrow(`cannot write --out '${out}': ${why}`);
});
