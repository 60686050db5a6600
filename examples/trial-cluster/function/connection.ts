import type { BaseOptions } from '@platformatic/kafka';
import { createMskToken } from '../../../kafka/msk-iam.ts';
import type { TrialSettings } from './settings.ts';

/** How to reach a cluster. */
export type KafkaConnection = Pick<
  BaseOptions,
  'bootstrapBrokers' | 'sasl' | 'tls' | 'tlsServerName'
>;

/**
 * How to reach an MSK cluster with IAM access control: over TLS, with a new token for each connection.
 *
 * @param now returns the current time, for the token
 */
export function mskConnection(settings: TrialSettings, now: () => Date): KafkaConnection {
  const { bootstrapServers, region, credentials } = settings;
  return {
    bootstrapBrokers: [...bootstrapServers],
    tls: {},
    // Sends the broker's name in the TLS handshake, as the Java client does; by default, this client does not.
    tlsServerName: true,
    sasl: {
      mechanism: 'OAUTHBEARER',
      token: () => createMskToken({ region, credentials, now: now() }),
    },
  };
}
