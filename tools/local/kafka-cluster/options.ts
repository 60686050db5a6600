import { parseArgs } from 'node:util';
import { invalidSettings } from './errors.ts';
import type { BrokerCount } from './node-files.ts';
import { DEFAULT_PORT, portOffsets } from './ports.ts';

const commands = ['start', 'stop', 'status'] as const;

/** What the command line asked for. */
export interface KafkaCommand {
  readonly command: (typeof commands)[number];
  readonly folder: string;
  /** @default - as many as the folder's cluster has, 1 for a new one */
  readonly brokers: BrokerCount | undefined;
  readonly port: number;
  /** @default - as the folder's cluster has it */
  readonly secure: true | undefined;
}

/** The controller's port is the highest. */
const portRange = { min: 1, max: 65_535 - portOffsets.controller } as const;

/** What `--help` prints. */
export const kafkaHelp = `Runs Apache Kafka on this machine, on loopback only. Needs Java 17 or later, and Maven the first
time, which downloads Kafka.

Usage: npm run kafka -- start|stop|status [options]

  start              starts brokers, which go on until they are stopped; done when they answer
  stop               shuts them down; topics and records stay in the folder
  status             says what runs and where it listens

  --folder FOLDER    data, settings and logs (default .kafka)

Options of start
  --brokers N        1 or 3 (default 1, or as many as the folder's cluster has)
  --port N           the first broker's port, ${portRange.min} to ${portRange.max} (default ${DEFAULT_PORT}); the others' follow it,
                     secured listeners are ${portOffsets.secured} above, the controller ${portOffsets.controller} above
  --secure           a second listener with TLS and SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512

  --help             this text

Exit code: 0 when done (status: when all of it runs), 1 when not, 2 for what cannot be as asked.
`;

/**
 * Reads the command line; `help` when that is what it asks for.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseKafkaCommand(args: readonly string[]): KafkaCommand | 'help' {
  const { values, positionals } = parseFlags(args);
  if (values.help) return 'help';
  const [name, ...rest] = positionals;
  const command = commands.find((candidate) => candidate === name);
  if (command === undefined || rest.length > 0) {
    throw invalid(
      `the command must be one of ${commands.join(', ')}, got '${positionals.join(' ')}'`,
    );
  }
  const { folder, port, brokers, secure } = values;
  if (command !== 'start' && (port !== undefined || brokers !== undefined || secure)) {
    throw invalid(`--brokers, --port and --secure are for start, not for ${command}`);
  }
  if (folder === '') throw invalid('--folder must not be empty');
  return {
    command,
    folder,
    brokers: brokers === undefined ? undefined : brokerCount(brokers),
    port: port === undefined ? DEFAULT_PORT : portNumber(port),
    secure: secure ? true : undefined,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        folder: { type: 'string', default: '.kafka' },
        brokers: { type: 'string' },
        port: { type: 'string' },
        secure: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function brokerCount(text: string): BrokerCount {
  if (text === '1') return 1;
  if (text === '3') return 3;
  throw invalid(`--brokers must be 1 or 3, got '${text}'`);
}

function portNumber(text: string): number {
  const { min, max } = portRange;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw invalid(`--port must be a whole number from ${min} to ${max}, got '${text}'`);
}

function invalid(message: string) {
  return invalidSettings(`${message}; see npm run kafka -- --help`);
}
