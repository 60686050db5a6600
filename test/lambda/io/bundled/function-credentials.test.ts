import { afterEach, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../../../lambda/io/bundled/function-credentials.ts';

afterEach(() => vi.unstubAllEnvs());

it('reads the credentials of a function from its environment on every call', async () => {
  const credentials = defaultProvider();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'token');
  expect(await credentials()).toMatchObject({
    ...{ accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' },
  });
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  expect(await credentials()).not.toHaveProperty('sessionToken');
});

it('finds no credentials elsewhere', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  await expect(defaultProvider()()).rejects.toThrow(
    'Unable to find environment variable credentials',
  );
});
