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
 * @param now the time at which a token is made
 */
export function mskConnection(settings: TrialSettings, now: () => Date): KafkaConnection {
  const { bootstrapServers, region, credentials } = settings;
  return {
    bootstrapBrokers: [...bootstrapServers],
    tls: {},
    // Names the broker in the handshake, as the Java client does and this one by default does not.
    tlsServerName: true,
    sasl: {
      mechanism: 'OAUTHBEARER',
      token: () => createMskToken({ region, credentials, now: now() }),
    },
  };
}
