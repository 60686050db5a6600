import { expect, it } from 'vitest';
import { createMskToken } from '../../../kafka/msk-iam.ts';
import { mskConnection } from '../function/connection.ts';

const region = 'eu-west-1';
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
};
const now = new Date('2026-11-24T22:56:54Z');

it('connects to the brokers over TLS by name, with a new token for each connection', async () => {
  const bootstrapServers = ['boot-1.example.com:9098', 'boot-2.example.com:9098'];
  const times = [now, new Date('2026-11-24T23:56:54Z')];
  const next = () => times.shift() ?? now;

  const { sasl, ...connection } = mskConnection({ bootstrapServers, region, credentials }, next);

  expect(connection).toEqual({
    bootstrapBrokers: bootstrapServers,
    tls: {},
    tlsServerName: true,
  });
  expect(sasl).toEqual({ mechanism: 'OAUTHBEARER', token: expect.any(Function) });
  const token = sasl?.token;
  if (typeof token !== 'function') throw new Error('no token');
  expect(await token()).toBe(await createMskToken({ region, credentials, now }));
  expect(await token()).not.toBe(await createMskToken({ region, credentials, now }));
});
