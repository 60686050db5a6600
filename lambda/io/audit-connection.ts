import { fromEnv } from '@aws-sdk/credential-provider-env';
import type { KafkaConnection, SaslMechanism, TlsOptions } from '../../kafka/connection.ts';
import { mskIamConnection } from '../../kafka/msk-iam.ts';
import type { CallOptions, Clock } from '../core/ports.ts';
import type { AuditEnvironment } from '../environment.ts';
import type { Secrets } from './audit-secrets.ts';

/** The parts that {@link connectionOf} works with. */
export interface ConnectionDeps {
  readonly secrets: Secrets;
  readonly clock: Pick<Clock, 'now'>;
  /** The region of the function, which is that of the cluster. */
  readonly region: string;
}

type Login = Pick<
  AuditEnvironment,
  'authentication' | 'bootstrapServers' | 'rootCaSecretArn' | 'secretArn'
>;

/** The SASL mechanism of each authentication with a user name and a password. */
const mechanisms = {
  SASL_SCRAM_512_AUTH: 'SCRAM-SHA-512',
  SASL_SCRAM_256_AUTH: 'SCRAM-SHA-256',
  BASIC_AUTH: 'PLAIN',
} as const satisfies Partial<Record<AuditEnvironment['authentication'], SaslMechanism>>;

/**
 * Returns how the function connects to the brokers: with the authentication and the secrets of the event source
 * mappings, whose fields are those that Lambda documents:
 * https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html
 *
 * @throws {ArchiverError} as `Secrets.read` does
 */
export async function connectionOf(
  login: Login,
  { clock, region, secrets }: ConnectionDeps,
  options: CallOptions,
): Promise<KafkaConnection> {
  const { authentication, bootstrapServers: brokers, rootCaSecretArn, secretArn = '' } = login;
  const secret = { arn: secretArn, setting: 'secretArn' };
  const trusted = await readAuthority();
  if (authentication === 'NONE') return { brokers, ...(trusted && { tls: trusted }) };
  if (authentication === 'IAM') {
    const identity = async () => ({ region, credentials: await fromEnv()() });
    const now = () => new Date(clock.now());
    return mskIamConnection({ ...{ brokers, identity, now }, ca: trusted?.ca });
  }
  if (authentication === 'CLIENT_CERTIFICATE_TLS_AUTH') {
    const { certificate, privateKey, privateKeyPassword } = await secrets.read(
      secret,
      { required: ['certificate', 'privateKey'], optional: ['privateKeyPassword'] },
      options,
    );
    const own = { cert: certificate, key: privateKey };
    const passphrase = privateKeyPassword && { passphrase: privateKeyPassword };
    return { brokers, tls: { ...trusted, ...own, ...passphrase } };
  }
  const { password, username } = await secrets.read(
    secret,
    { required: ['username', 'password'] },
    options,
  );
  const sasl = { mechanism: mechanisms[authentication], username, password };
  return { brokers, tls: trusted ?? {}, sasl };

  async function readAuthority(): Promise<TlsOptions | undefined> {
    if (rootCaSecretArn === undefined) return undefined;
    const rootCa = { arn: rootCaSecretArn, setting: 'rootCaSecretArn' };
    const { certificate } = await secrets.read(rootCa, { required: ['certificate'] }, options);
    return { ca: certificate };
  }
}
