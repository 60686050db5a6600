import type { ConsumerOptions } from '@platformatic/kafka';

/** SASL mechanisms that can be asked for. */
export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** Name of a {@link saslMechanisms | SASL mechanism}. */
export type SaslMechanism = (typeof saslMechanisms)[number];

/** How to reach a cluster. */
export interface KafkaConnection {
  /** `host:port` of some of its brokers. */
  readonly brokers: readonly string[];
  /** TLS, with another root of trust where one is given, in PEM. @default - plain text */
  readonly tls?: { readonly ca?: string };
  /** @default - no authentication */
  readonly sasl?: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: string;
  };
}

/**
 * What every client of a cluster is told. It tries each request once: whoever uses it tries again as
 * long as it has to, since a broker may be away for longer than a client's patience.
 */
export function clientOptions({ brokers, tls, sasl }: KafkaConnection) {
  return {
    clientId: 'msk-s3-archiver',
    bootstrapBrokers: [...brokers],
    retries: 0,
    ...(tls && { tls: tls.ca === undefined ? {} : { ca: tls.ca } }),
    ...(sasl && { sasl: { ...sasl } }),
  } satisfies Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>>;
}

/** What {@link keepAlive} needs of a client. */
interface Connecting {
  readonly connections: {
    on(event: 'connecting', listener: (payload: { connection: Errors }) => void): unknown;
  };
}

interface Errors {
  on(event: 'error', listener: () => void): unknown;
}

/**
 * A client whose broken connections end no process: one that is reset during a SASL handshake says so
 * twice, and the client listens once (@platformatic/kafka 2.12.1). What failed is told to who asked.
 */
export function keepAlive<Client extends Connecting>(client: Client): Client {
  client.connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
  return client;
}
