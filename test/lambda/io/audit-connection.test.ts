import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KafkaConnection } from '../../../kafka/connection.ts';
import { connectionOf } from '../../../lambda/io/audit-connection.ts';
import type { Secrets } from '../../../lambda/io/audit-secrets.ts';
import { noon } from '../../helpers/kafka-events.ts';

afterEach(() => void vi.unstubAllEnvs());

const options = { signal: new AbortController().signal, attemptTimeout: 5_000 };
const brokers = ['a:9096', 'b:9096'];
const stored: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'arn:user': { username: 'u', password: 'p' },
  'arn:client': { certificate: 'CERT', privateKey: 'KEY' },
  'arn:encrypted': { certificate: 'CERT', privateKey: 'KEY', privateKeyPassword: 'open' },
  'arn:ca': { certificate: 'CA' },
};

/** Secrets in memory, and the settings and fields that were asked for. */
function memorySecrets() {
  const asked: unknown[] = [];
  const secrets: Secrets = {
    async read({ arn, setting }, { required }) {
      asked.push([setting, ...required]);
      return stored[arn] as never;
    },
  };
  return { asked, secrets };
}

type Login = Omit<Parameters<typeof connectionOf>[0], 'bootstrapServers'>;

async function connect(login: Login) {
  const { asked, secrets } = memorySecrets();
  const deps = { secrets, clock: { now: () => noon }, region: 'eu-west-1' };
  const connection = await connectionOf({ ...login, bootstrapServers: brokers }, deps, options);
  return { asked, connection };
}

const password = { username: 'u', password: 'p' };

describe('the connection of the audit', () => {
  it.each<[string, Login, Omit<KafkaConnection, 'brokers'>]>([
    ['no login, in plain text', { authentication: 'NONE' }, {}],
    [
      'no login, over TLS',
      { authentication: 'NONE', rootCaSecretArn: 'arn:ca' },
      { tls: { ca: 'CA' } },
    ],
    [
      'SCRAM with SHA-512',
      { authentication: 'SASL_SCRAM_512_AUTH', secretArn: 'arn:user' },
      { tls: {}, sasl: { mechanism: 'SCRAM-SHA-512', ...password } },
    ],
    [
      'SCRAM with SHA-256',
      { authentication: 'SASL_SCRAM_256_AUTH', secretArn: 'arn:user', rootCaSecretArn: 'arn:ca' },
      { tls: { ca: 'CA' }, sasl: { mechanism: 'SCRAM-SHA-256', ...password } },
    ],
    [
      'a password over TLS',
      { authentication: 'BASIC_AUTH', secretArn: 'arn:user' },
      { tls: {}, sasl: { mechanism: 'PLAIN', ...password } },
    ],
    [
      'a certificate',
      { authentication: 'CLIENT_CERTIFICATE_TLS_AUTH', secretArn: 'arn:client' },
      { tls: { cert: 'CERT', key: 'KEY' } },
    ],
    [
      'a certificate with an encrypted key, and an authority',
      {
        authentication: 'CLIENT_CERTIFICATE_TLS_AUTH',
        ...{ secretArn: 'arn:encrypted', rootCaSecretArn: 'arn:ca' },
      },
      { tls: { ca: 'CA', cert: 'CERT', key: 'KEY', passphrase: 'open' } },
    ],
  ])('has %s', async (_, login, expected) => {
    expect((await connect(login)).connection).toEqual({ brokers, ...expected });
  });

  it('signs in to MSK with the credentials of the role, as they are at each connection', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session-1');
    const { asked, connection } = await connect({ authentication: 'IAM' });
    expect(asked).toEqual([]);
    const { sasl, tls } = connection;
    expect(tls).toEqual({});
    if (sasl?.mechanism !== 'IAM') throw new Error('no token');
    const signed = async () => {
      const url = new URL(Buffer.from(await sasl.token(), 'base64url').toString());
      return [
        url.host,
        ...['X-Amz-Date', 'X-Amz-Security-Token'].map((name) => url.searchParams.get(name)),
      ];
    };
    const host = 'kafka.eu-west-1.amazonaws.com';
    const date = new Date(noon).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    expect(await signed()).toEqual([host, date, 'session-1']);
    vi.stubEnv('AWS_SESSION_TOKEN', 'session-2');
    expect(await signed()).toEqual([host, date, 'session-2']);
  });

  it('reads the fields that Lambda documents', async () => {
    const { asked } = await connect({
      authentication: 'CLIENT_CERTIFICATE_TLS_AUTH',
      ...{ secretArn: 'arn:client', rootCaSecretArn: 'arn:ca' },
    });
    expect(asked).toEqual([
      ['rootCaSecretArn', 'certificate'],
      ['secretArn', 'certificate', 'privateKey'],
    ]);
  });
});
