import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { KafkaConnection, SaslMechanism } from '../../kafka/connection.ts';
import { mskIamConnection } from '../../kafka/msk-iam.ts';
import { explain } from '../aws-calls.ts';
import {
  type ConnectionValues,
  readBrokers,
  readCertificate,
  readConnection,
} from '../connection-options.ts';
import type { Machine } from '../machine.ts';
import { UsageError } from '../usage-error.ts';
import { failed } from './errors.ts';
import type { Mapping } from './mappings.ts';

/** Values of the flags that `withMskConnection` adds. */
export interface MskConnectionValues extends Omit<ConnectionValues, 'sasl'> {
  readonly sasl?: SaslMechanism | 'IAM' | undefined;
}

/** How to reach the brokers, once the mapping is known. */
export type Connect = (
  mapping: Mapping | undefined,
  lambda: LambdaClient,
) => Promise<KafkaConnection>;

/**
 * Reads how to connect: with IAM if the flags say so, or if they name no other way and the listener or the mapping
 * uses it.
 *
 * @throws {UsageError} for flags that contradict or lack each other
 */
export function readMskConnection(values: MskConnectionValues, machine: Machine): Connect {
  const { ca, sasl, tls = false, username } = values;
  const { environment } = machine;
  const brokers = readBrokers(values, environment);
  if (brokers === undefined) throw new UsageError('--brokers or KAFKA_BOOTSTRAP_SERVERS is needed');
  const connectWithIam = (lambda: LambdaClient) => iamConnection({ brokers, ca, lambda, machine });
  if (sasl === 'IAM') {
    if (username !== undefined) throw new UsageError('--username does not apply to --sasl IAM');
    return (_, lambda) => connectWithIam(lambda);
  }
  const connection = readConnection({ ...values, sasl }, environment) ?? { brokers };
  const isPlain = !tls && sasl === undefined;
  return async (mapping, lambda) =>
    isPlain && usesIam(brokers, mapping) ? connectWithIam(lambda) : connection;
}

/** Listeners of MSK and their ports: https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
const MSK_LISTENER = /\.amazonaws\.com(?:\.cn)?:(?<port>\d+)$/;

/** The port of an MSK listener decides. For any other address, such as that of a tunnel, the mapping decides. */
function usesIam([broker = '']: readonly string[], mapping: Mapping | undefined): boolean {
  const port = MSK_LISTENER.exec(broker)?.groups?.port;
  return port === undefined ? mapping?.usesIam === true : ['9098', '9198'].includes(port);
}

interface IamParts {
  readonly brokers: readonly string[];
  readonly ca: string | undefined;
  readonly lambda: LambdaClient;
  readonly machine: Machine;
}

/** The region is that of the mapping, which Lambda requires to be that of the cluster. */
async function iamConnection({ brokers, ca, lambda, machine }: IamParts): Promise<KafkaConnection> {
  const { credentials, region } = lambda.config;
  const identity = async () => ({ region: await region(), credentials: await credentials() });
  try {
    await identity();
  } catch (error) {
    // The Kafka client would report it as a login that the brokers rejected.
    throw explain(failed("cannot sign in with MSK's IAM authentication", error), false);
  }
  const file = ca === undefined ? undefined : readCertificate(ca);
  return mskIamConnection({ brokers, ca: file, identity, now: () => new Date(machine.now()) });
}
