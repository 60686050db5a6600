import { print, progress, refuse } from '../cli/terminal.ts';
import { DashboardError } from '../dashboard/errors.ts';
import { dashboardHelp, parseDashboardOptions } from '../dashboard/options.ts';
import { runDashboard } from '../dashboard/run.ts';
import { bundleFunction } from '../lib/functions/bundle.ts';

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // By exit, which also ends the processes of the functions.
  process.on(signal, () => process.exit(code));
}

try {
  const options = parseDashboardOptions(process.argv.slice(2));
  if (options === 'help') print(dashboardHelp);
  else await runDashboard(options, { bundle: bundleFunction, now: Date.now, print, progress });
} catch (error) {
  refuse(error, DashboardError);
}
