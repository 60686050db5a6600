import { readFileSync } from 'node:fs';
import { type KafkaConnection, saslMechanisms } from '../kafka/connection.ts';
import { flag, invalid, list, oneOf, text } from './flags.ts';

/** Flags that say how to reach a cluster. */
export const connectionFlags = {
  brokers: text,
  tls: flag,
  ca: text,
  sasl: text,
  username: text,
} as const;

/** Their part of `--help`. */
export const connectionHelp = `  --brokers LIST       host:port of some brokers, with commas between
                       (default: the environment's KAFKA_BOOTSTRAP_SERVERS)
  --tls                connect with TLS
  --ca FILE            PEM file of the certificate authority to trust, instead of the system's
  --sasl MECHANISM     PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; needs --username, and the
                       password in the environment's KAFKA_PASSWORD
  --username NAME`;

/** Values of {@link connectionFlags}. */
export interface ConnectionFlags {
  readonly brokers?: string | undefined;
  readonly tls: boolean;
  readonly ca?: string | undefined;
  readonly sasl?: string | undefined;
  readonly username?: string | undefined;
}

/**
 * How to reach the cluster that was asked for; undefined where none was.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function readConnection(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>>,
): KafkaConnection | undefined {
  const { tls, ca, sasl, username } = flags;
  // Set to nothing is not set.
  const given = flags.brokers ?? (environment.KAFKA_BOOTSTRAP_SERVERS || undefined);
  if (given === undefined) {
    const named = { tls: tls || undefined, ca, sasl, username };
    const [name] = Object.entries(named).find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) throw invalid(`--${name} needs --brokers`);
    return undefined;
  }
  const brokers = list(given);
  const [wrong] = brokers.filter((broker) => !/^[^\s:]+:\d{1,5}$/.test(broker));
  if (brokers.length === 0 || wrong !== undefined) {
    const name = flags.brokers === undefined ? 'KAFKA_BOOTSTRAP_SERVERS' : '--brokers';
    throw invalid(`${name} must be host:port, with commas between, got '${wrong ?? given}'`);
  }
  if (ca !== undefined && !tls) throw invalid('--ca needs --tls');
  if ((sasl === undefined) !== (username === undefined)) {
    throw invalid('--sasl and --username need each other');
  }
  const connection = {
    brokers,
    ...(tls && { tls: ca === undefined ? {} : { ca: readCertificate(ca) } }),
  };
  if (sasl === undefined || username === undefined) return connection;
  const mechanism = oneOf('sasl', sasl, saslMechanisms);
  const password = environment.KAFKA_PASSWORD;
  if (password === undefined) throw invalid('--sasl needs the password in KAFKA_PASSWORD');
  return { ...connection, sasl: { mechanism, username, password } };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`cannot read --ca ${file}: ${error instanceof Error ? error.message : error}`);
  }
}
