import type { ConsumerOptions } from '@platformatic/kafka';

/** SASL mechanisms that sign in with a user name and a password. */
export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** Name of a {@link saslMechanisms | SASL mechanism}. */
export type SaslMechanism = (typeof saslMechanisms)[number];

/** Signs in with a user name and a password. */
export interface PasswordLogin {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: string;
}

/** Signs in with MSK's IAM access control. */
export interface IamLogin {
  readonly mechanism: 'IAM';
  /** Creates the token of one connection. */
  readonly token: () => Promise<string>;
}

/** The certificates of a connection with TLS, each in PEM. */
export interface TlsOptions {
  /** The certificate authority to trust. @default - the system's */
  readonly ca?: string;
  /** The certificate with which the client authenticates itself (mutual TLS), and its key. @default - none */
  readonly cert?: string;
  readonly key?: string;
  /** Decrypts the key. @default - the key is not encrypted */
  readonly passphrase?: string;
}

/** How to connect to a cluster. */
export interface KafkaConnection {
  /** `host:port` of some of its brokers. */
  readonly brokers: readonly string[];
  /** @default - plain text */
  readonly tls?: TlsOptions;
  /** @default - no authentication */
  readonly sasl?: PasswordLogin | IamLogin;
}

/**
 * Options of every client of a cluster: Admin, Producer or Consumer. The client makes each request once; the caller
 * retries for as long as it needs, since a broker may be away for longer than a client's own retries last.
 */
export function clientOptions({ brokers, tls, sasl }: KafkaConnection) {
  return {
    clientId: 'msk-s3-archiver',
    bootstrapBrokers: [...brokers],
    retries: 0,
    ...(tls && { tls: { ...tls } }),
    ...(sasl && { sasl: saslOptions(sasl) }),
    // Names the broker in the TLS handshake, as Java's client does and this one does not by default.
    ...(sasl?.mechanism === 'IAM' && { tlsServerName: true }),
  } satisfies Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>>;
}

function saslOptions(sasl: PasswordLogin | IamLogin) {
  if (sasl.mechanism !== 'IAM') return { ...sasl };
  return { mechanism: 'OAUTHBEARER' as const, token: sasl.token };
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
 * Keeps a client's broken connections from ending the process: a connection that is reset during a SASL handshake
 * emits 'error' twice, and the client listens once (@platformatic/kafka 2.12.1). The failed call still rejects.
 */
export function keepAlive<Client extends Connecting>(client: Client): Client {
  client.connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
  return client;
}
