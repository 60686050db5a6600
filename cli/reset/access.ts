import type { KafkaConnection } from '../../kafka/connection.ts';
import { type ConnectionFlags, readConnection } from '../connection-flags.ts';
import { invalid } from '../flags.ts';
import type { CommandAccess } from './commands.ts';

/** The SASL mechanism of MSK's IAM access control, which only Kafka's own tools speak here. */
export const MSK_IAM = 'AWS_MSK_IAM';

type Environment = Readonly<Record<string, string | undefined>>;

const ADVICE =
  "this program does not speak the IAM authentication of MSK: give a listener with SASL/SCRAM, or --print-commands for the commands that do it with Kafka's own tools";

/**
 * How this program reaches the brokers.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function readBrokers(flags: ConnectionFlags, environment: Environment): KafkaConnection {
  if (flags.sasl === MSK_IAM) throw invalid(ADVICE);
  const connection = readConnection(flags, environment);
  if (connection === undefined) throw invalid('give the --brokers, or --print-commands');
  const iam = connection.brokers.find(isIamListener);
  if (iam !== undefined) throw invalid(`${iam} is a listener with IAM, and ${ADVICE}`);
  return connection;
}

/**
 * How printed commands reach the brokers: with IAM, unless the flags say otherwise.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function readAccess(flags: ConnectionFlags, environment: Environment): CommandAccess {
  const { ca, sasl, tls } = flags;
  const isIam = sasl === MSK_IAM;
  // The password stays out of what is printed, and so need not be known.
  const known = { ...environment, KAFKA_PASSWORD: '' };
  const read = isIam ? { ...flags, sasl: undefined, tls: false } : flags;
  const connection = readConnection(read, known);
  const brokers = connection?.brokers;
  const isPlain = !tls && sasl === undefined;
  if (isIam || (isPlain && (brokers === undefined || brokers.some(isIamListener)))) {
    return { brokers, security: 'IAM' };
  }
  const { mechanism, username } = connection?.sasl ?? {};
  const login = mechanism && username !== undefined ? { mechanism, username } : undefined;
  return { brokers, security: { tls, ca, sasl: login } };
}

/** https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
function isIamListener(broker: string): boolean {
  return /\.amazonaws\.com(\.cn)?:9[01]98$/.test(broker);
}
