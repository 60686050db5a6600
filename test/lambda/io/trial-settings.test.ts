import { expect, it } from 'vitest';
import { readTrialSettings } from '../../../lambda/io/trial-settings.ts';

const environment = {
  BOOTSTRAP_SERVERS: 'boot-1.example.com:9098,boot-2.example.com:9098',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
};

it('reads what the construct and Lambda write', () => {
  expect(readTrialSettings(environment)).toEqual({
    bootstrapServers: ['boot-1.example.com:9098', 'boot-2.example.com:9098'],
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
  });
});

it('names every variable that is missing', () => {
  expect(() => readTrialSettings({ BOOTSTRAP_SERVERS: '' })).toThrow(
    "BOOTSTRAP_SERVERS must be host:port, with commas between, got ''; AWS_REGION must be a region, got none; AWS_ACCESS_KEY_ID must be an access key, got none; AWS_SECRET_ACCESS_KEY must be a secret, got none; AWS_SESSION_TOKEN must be a token, got none",
  );
});
