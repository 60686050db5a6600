import { readFileSync } from 'node:fs';
import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { type KafkaConnection, saslMechanisms } from '../kafka/connection.ts';
import { list, named, splitList } from './options.ts';
import { UsageError } from './usage-error.ts';

const GROUP = 'Brokers:';

/** Adds the flags that say how to connect to a Kafka cluster with a user name and a password, or without a login. */
export function withConnection<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return withBrokers(command)
    .addOption(
      new Option(
        '--sasl <mechanism>',
        'SASL mechanism; needs --username, and the password in the environment variable KAFKA_PASSWORD',
      )
        .choices(saslMechanisms)
        .helpGroup(GROUP),
    )
    .addOption(usernameOption);
}

const usernameOption = named('--username <name>', 'user name for SASL').helpGroup(GROUP);

/** Adds the flags of {@link withConnection}, and MSK's IAM authentication to `--sasl`. */
export function withMskConnection<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return withBrokers(command)
    .addOption(
      new Option(
        '--sasl <mechanism>',
        "SASL mechanism. IAM uses MSK's IAM authentication with your AWS credentials, over TLS; the others need --username, and the password in the environment variable KAFKA_PASSWORD",
      )
        .choices([...saslMechanisms, 'IAM'])
        .helpGroup(GROUP),
    )
    .addOption(usernameOption);
}

function withBrokers<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return command
    .addOption(
      list(
        '--brokers <list>',
        'host:port of one or more brokers, separated by commas (default: the environment variable KAFKA_BOOTSTRAP_SERVERS)',
      ).helpGroup(GROUP),
    )
    .addOption(new Option('--tls', 'connect with TLS').helpGroup(GROUP))
    .addOption(
      named(
        '--ca <file>',
        "PEM file of the certificate authority to trust, in place of the system's",
      ).helpGroup(GROUP),
    );
}

/** Values of the flags that {@link withConnection} adds. */
export interface ConnectionValues {
  readonly brokers?: readonly string[] | undefined;
  readonly tls?: boolean | undefined;
  readonly ca?: string | undefined;
  readonly sasl?: (typeof saslMechanisms)[number] | undefined;
  readonly username?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the connection that the flags and the environment describe; undefined if neither names brokers.
 *
 * @throws {UsageError} for flags that contradict or lack each other
 */
export function readConnection(
  values: ConnectionValues,
  environment: Environment,
): KafkaConnection | undefined {
  const { ca, sasl: mechanism, tls = false, username } = values;
  const brokers = readBrokers(values, environment);
  if (brokers === undefined) {
    const given = Object.entries({ tls: tls || undefined, ca, sasl: mechanism, username });
    const [name] = given.find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) throw new UsageError(`--${name} needs --brokers`);
    return undefined;
  }
  if (ca !== undefined && !tls) throw new UsageError('--ca needs --tls');
  const connection = {
    brokers,
    ...(tls && { tls: ca === undefined ? {} : { ca: readCertificate(ca) } }),
  };
  if (mechanism === undefined && username === undefined) return connection;
  if (mechanism === undefined || username === undefined) {
    throw new UsageError('--sasl and --username need each other');
  }
  const password = environment.KAFKA_PASSWORD;
  if (password === undefined) {
    throw new UsageError(
      `--sasl ${mechanism} needs the password in the environment variable KAFKA_PASSWORD`,
    );
  }
  return { ...connection, sasl: { mechanism, username, password } };
}

/**
 * Reads `host:port` of brokers from the flag, or else from the environment; undefined if neither has any.
 *
 * @throws {UsageError} for a broker that is not `host:port`
 */
export function readBrokers(
  values: Pick<ConnectionValues, 'brokers'>,
  environment: Environment,
): readonly string[] | undefined {
  // A variable that is set to nothing counts as not set.
  const variable = environment.KAFKA_BOOTSTRAP_SERVERS || undefined;
  const brokers = values.brokers ?? (variable === undefined ? undefined : splitList(variable));
  if (brokers === undefined) return undefined;
  const wrong = brokers.find((broker) => !/^[^\s:]+:\d{1,5}$/.test(broker));
  if (wrong === undefined && brokers.length > 0) return brokers;
  const name = values.brokers === undefined ? 'KAFKA_BOOTSTRAP_SERVERS' : '--brokers';
  const got = wrong ?? variable;
  throw new UsageError(`${name} must be one or more host:port, separated by commas, got '${got}'`);
}

/**
 * Reads the PEM file of `--ca`.
 *
 * @throws {UsageError} if the file cannot be read
 */
export function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`cannot read --ca ${file}: ${why}`);
  }
}
