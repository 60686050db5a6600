import { describe, expect, it } from 'vitest';
import { configOf } from '../../cli/aws-clients.ts';

const nothing = { region: undefined, profile: undefined };
const anyone = { accessKeyId: 'anyone', secretAccessKey: 'anyone' };
const local = 'http://127.0.0.1:9000';

type Given = Parameters<typeof configOf>;

describe('a client', () => {
  it.each<[string, Partial<Given[0]>, Given[1], Given[2], object]>([
    ['leaves everything to the SDK', {}, {}, undefined, {}],
    ['uses the given region', { region: 'a' }, { AWS_REGION: 'b' }, undefined, { region: 'a' }],
    [
      'uses the region of the environment',
      {},
      { AWS_REGION: 'b', AWS_DEFAULT_REGION: 'c' },
      undefined,
      { region: 'b' },
    ],
    ['uses the default region', {}, { AWS_DEFAULT_REGION: 'c' }, undefined, { region: 'c' }],
    ['uses the profile', { profile: 'p' }, {}, undefined, { profile: 'p' }],
    [
      'needs neither region nor credentials on this machine',
      {},
      {},
      local,
      { endpoint: local, region: 'us-east-1', credentials: anyone },
    ],
    [
      'uses the credentials of the environment on this machine',
      {},
      { AWS_ACCESS_KEY_ID: 'k', AWS_REGION: 'b' },
      local,
      { endpoint: local, region: 'b' },
    ],
    [
      'uses the credentials of the profile on this machine',
      { profile: 'p', region: 'a' },
      {},
      local,
      { endpoint: local, region: 'a', profile: 'p' },
    ],
    [
      'uses the credentials of the profile in the environment',
      { region: 'a' },
      { AWS_PROFILE: 'p' },
      local,
      { endpoint: local, region: 'a' },
    ],
    [
      'leaves the credentials to the SDK for another machine',
      {},
      {},
      'https://s3.example.com',
      { endpoint: 'https://s3.example.com' },
    ],
  ])('%s', (_, given, environment, endpoint, config) => {
    const { maxAttempts, requestHandler, ...rest } = configOf(
      { ...nothing, ...given },
      environment,
      endpoint,
    );
    expect(rest).toEqual(config);
    expect(maxAttempts).toBe(5);
    expect(requestHandler.connectionTimeout).toBe(3_000);
  });

  it.each(['http://localhost:1', 'http://127.8.0.1', 'http://[::1]:1'])(
    'treats %s as this machine',
    (endpoint) => {
      expect(configOf(nothing, {}, endpoint)).toMatchObject({ credentials: anyone });
    },
  );

  it.each(['http://localhost.example.com', 'http://128.0.0.1', 'http://[::2]'])(
    'does not treat %s as this machine',
    (endpoint) => {
      expect(configOf(nothing, {}, endpoint)).not.toHaveProperty('credentials');
    },
  );
});
