import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSecrets, createSecretsClient } from '../../lambda/io/audit-secrets.ts';
import { type Answer, AnsweringServer } from '../helpers/answering-server.ts';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:AmazonMSK_audit-1a2b3c';
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };
const secretOf = (value: unknown): Answer => ({
  status: 200,
  body: JSON.stringify({ ARN: arn, SecretString: value }),
});
const login = { username: 'audit', password: 'open sesame', extra: 'x' };

let server: AnsweringServer;
let client: SecretsManagerClient;

const read = (options = patient) =>
  createSecrets(client).read(
    { arn, setting: 'secretArn' },
    { required: ['username', 'password'], optional: ['extra', 'other'] },
    options,
  );

describe('secrets', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    server = await AnsweringServer.start('SECRETS_MANAGER', secretOf(JSON.stringify(login)));
    // Without jitter there are no pauses.
    client = createSecretsClient({ maxConnections: 1, random: () => 0 });
  });

  afterEach(() => {
    client.destroy();
    server.close();
  });

  it('have the fields that were asked for', async () => {
    expect(await read()).toEqual(login);
    const [request] = server.requests;
    expect(JSON.parse(request?.body ?? '')).toEqual({ SecretId: arn });
    expect(request?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
  });

  it.each([
    ['lacks a field', JSON.stringify({ username: 'open sesame' }), 'password'],
    ['has a field that is no text', JSON.stringify({ ...login, password: 7 }), 'password'],
    ['is a list', '["open sesame"]', 'username, password'],
    ['is not JSON', 'open sesame', 'username, password'],
    ['is binary', undefined, 'username, password'],
  ])('are refused, and not quoted, where one %s', async (_, value, missing) => {
    server.answers = [secretOf(value)];
    await expect(read()).rejects.toMatchObject({
      code: 'INVALID_SETTINGS',
      message: `the secret of secretArn must be a JSON object with 'username' and 'password' as text, and lacks ${missing}`,
    });
  });

  it('are read despite a server error', async () => {
    server.answers = [{ status: 500, body: '{"__type":"InternalServiceError"}' }];
    expect(await read()).toEqual(login);
    expect(server.requests).toHaveLength(2);
  });

  it('that the role may not read are named by their setting', async () => {
    server.answers = [{ status: 400, body: '{"__type":"AccessDeniedException"}' }];
    await expect(read()).rejects.toMatchObject({
      ...{ code: 'KAFKA_FAILED', retryable: false },
      message: 'reading the secret of secretArn failed: AccessDeniedException, HTTP 400',
    });
  });

  it('end at the deadline', async () => {
    server.answers = ['hang'];
    const deadline = new AbortController();
    const reading = read({ ...patient, signal: deadline.signal });
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    deadline.abort();
    await expect(reading).rejects.toMatchObject({ code: 'STORE_ABORTED' });
  });
});
