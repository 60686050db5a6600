import { flag, readFlags, text } from '../cli/flags.ts';

/** What the command was asked for. */
export interface DashboardOptions {
  /** The picture's file. */
  readonly out: string;
}

/** What `--help` prints. */
export const dashboardHelp = `Draws the stack's dashboard on this machine: its definition is taken from the template that
would be deployed, its metrics from two simulated hours in which the emulator runs the
bundled functions, with some incidents. Takes about half a minute.

Usage: npm run dashboard -- [options]

  --out FILE           the picture, an SVG (default docs/dashboard.svg)
  --help               this text

Exit code: 0 when it is drawn, 1 when the dashboard has something that the picture does not
know, 2 for bad options.
`;

const flags = { out: { ...text, default: 'docs/dashboard.svg' }, help: flag } as const;

/**
 * Reads the command line; `help` when that is what it asks for.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseDashboardOptions(args: readonly string[]): DashboardOptions | 'help' {
  const { help, out } = readFlags(args, flags);
  return help ? 'help' : { out };
}
