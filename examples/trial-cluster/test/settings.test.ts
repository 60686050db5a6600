import { expect, it } from 'vitest';
import { readTrialSettings } from '../function/settings.ts';

const environment = {
  BOOTSTRAP_SERVERS: 'boot-1.example.com:9098,boot-2.example.com:9098',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
};

it('reads the variables that the construct and Lambda set', () => {
  expect(readTrialSettings(environment)).toEqual({
    bootstrapServers: ['boot-1.example.com:9098', 'boot-2.example.com:9098'],
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
  });
});

it('names every variable that is missing', () => {
  expect(() => readTrialSettings({ BOOTSTRAP_SERVERS: '', AWS_REGION: 'eu-west-1' })).toThrow(
    'environment variables not set: BOOTSTRAP_SERVERS, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN',
  );
});
