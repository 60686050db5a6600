import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../lib/settings/settings.ts';
import {
  clusterArn,
  keyArn,
  mskSecretArn,
  now,
  parse,
  problems,
  problemsOf,
  secretArn,
  selfManaged,
  sourceOf,
} from '../settings-fixture.ts';

describe('the source', () => {
  it('is refused when it is not the ARN of a cluster', () => {
    for (const arn of ['example', ` ${clusterArn}`, 7]) {
      expect(problemsOf({ clusterArn: arn })).toEqual([
        expect.stringMatching(/^clusterArn must be the ARN of an MSK cluster.*, got /),
      ]);
    }
  });

  it('takes a self-managed cluster with a secret', () => {
    const settings = parseSettings(
      { ...selfManaged, bootstrapServers: 'b1.example.com:9096, b2.example.com:65535' },
      { now },
    );
    expect(settings.source).toEqual({
      kind: 'self-managed',
      bootstrapServers: ['b1.example.com:9096', 'b2.example.com:65535'],
      credentials: { type: 'SASL_SCRAM_512_AUTH', secretArn },
      secretKeyArns: undefined,
      rootCaSecretArn: undefined,
      network: undefined,
    });
    expect(settings.objectPrefix).toBe('b1.example.com/');
  });

  it.each([
    'SASL_SCRAM_512_AUTH',
    'SASL_SCRAM_256_AUTH',
    'BASIC_AUTH',
    'CLIENT_CERTIFICATE_TLS_AUTH',
  ])('signs in to it with %s', (type) => {
    const settings = parseSettings({ ...selfManaged, authentication: type }, { now });
    expect(sourceOf(settings).credentials).toEqual({ type, secretArn });
  });

  it.each([
    'b1',
    'b1:',
    'b1:0',
    'b1:65536',
    'b1:x',
    '-b1:9092',
    'b_1:9092',
    'http://b1:9092',
    'b1:9092/',
  ])('refuses the server %s', (bootstrapServers) => {
    expect(problems({ ...selfManaged, bootstrapServers })).toEqual([
      `bootstrapServers[0] must be host:port, with a port from 1 to 65535, got '${bootstrapServers}'`,
    ]);
  });

  it('takes 10 servers at most', () => {
    const servers = Array.from({ length: 11 }, (_, index) => `b${index}:9092`);
    expect(problems({ ...selfManaged, bootstrapServers: servers.slice(1) })).toEqual([]);
    expect(problems({ ...selfManaged, bootstrapServers: servers })).toEqual([
      'bootstrapServers must name at most 10 servers, got 11',
    ]);
  });

  it('is not given in addition to an MSK cluster', () => {
    expect(problems({ ...selfManaged, clusterArn })).toEqual([
      `clusterArn and bootstrapServers must not both be set, got '${clusterArn}' and 'b1.example.com:9096'`,
    ]);
  });

  it('takes a self-managed cluster in a VPC, with or without a secret', () => {
    const network = {
      subnetIds: 'subnet-0123456789abcdef0, subnet-11111111',
      securityGroupIds: 'sg-22222222',
    };
    const { source } = parseSettings({ ...selfManaged, ...network, secretArn: undefined }, { now });
    expect(source).toMatchObject({
      credentials: undefined,
      network: {
        subnetIds: ['subnet-0123456789abcdef0', 'subnet-11111111'],
        securityGroupIds: ['sg-22222222'],
      },
    });
    const more = { rootCaSecretArn: secretArn, secretKeyArns: keyArn };
    expect(parseSettings({ ...selfManaged, ...network, ...more }, { now }).source).toMatchObject({
      credentials: { type: 'SASL_SCRAM_512_AUTH', secretArn },
      rootCaSecretArn: secretArn,
      secretKeyArns: [keyArn],
    });
  });

  it('of MSK is read with IAM, with SCRAM where there is a secret, or with mutual TLS', () => {
    expect(sourceOf().credentials).toBeUndefined();
    expect(sourceOf(parse({ authentication: 'IAM' })).credentials).toBeUndefined();
    expect(sourceOf(parse({ secretArn })).credentials).toEqual({
      type: 'SASL_SCRAM_512_AUTH',
      secretArn,
    });
    const type = 'CLIENT_CERTIFICATE_TLS_AUTH';
    expect(sourceOf(parse({ secretArn, authentication: type })).credentials).toEqual({
      type,
      secretArn,
    });
  });

  it.each<[string, object, string]>([
    [
      'a way that MSK does not have',
      { secretArn, authentication: 'BASIC_AUTH' },
      "authentication must be one of 'IAM', 'SASL_SCRAM_512_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH' with clusterArn, got 'BASIC_AUTH'",
    ],
    [
      'a secret beside IAM',
      { secretArn, authentication: 'IAM' },
      `secretArn must not be set with authentication 'IAM', got '${secretArn}'`,
    ],
    [
      'no secret for what needs one',
      { authentication: 'SASL_SCRAM_512_AUTH' },
      "secretArn must be set with authentication 'SASL_SCRAM_512_AUTH', got nothing",
    ],
    [
      'a secret elsewhere',
      { secretArn: secretArn.replace('eu-west-1', 'us-east-1') },
      `secretArn must be in eu-west-1 with that clusterArn, got '${secretArn.replace('eu-west-1', 'us-east-1')}'`,
    ],
    [
      'a secret of MSK without its key',
      { secretArn: mskSecretArn },
      "secretKeyArns must be set with a secret of MSK (MSK takes none that is encrypted with Secrets Manager's own key), got nothing",
    ],
    [
      'a key without a secret',
      { secretKeyArns: keyArn },
      `secretKeyArns must be set with a secret only, got '${keyArn}'`,
    ],
    [
      'a root certificate',
      { rootCaSecretArn: secretArn },
      `rootCaSecretArn must be set with bootstrapServers only (everybody trusts the certificates of MSK), got '${secretArn}'`,
    ],
    [
      'a secret for a serverless cluster',
      { secretArn, clusterArn: clusterArn.replace(/-3$/, '-s3') },
      "authentication must be 'IAM' with the ARN of a serverless cluster, and secretArn not set, got 'SASL_SCRAM_512_AUTH'",
    ],
    [
      'what is no key',
      { secretArn, secretKeyArns: 'alias/kafka' },
      "secretKeyArns[0] must be the ARN of a key of KMS, got 'alias/kafka'",
    ],
  ])('of MSK is refused with %s', (_, settings, expected) => {
    expect(problemsOf({ ...settings })).toEqual([expected]);
  });

  it('of MSK takes the secret of MSK with its key', () => {
    expect(parse({ secretArn: mskSecretArn, secretKeyArns: keyArn }).source).toMatchObject({
      credentials: { secretArn: mskSecretArn },
      secretKeyArns: [keyArn],
    });
  });

  it.each<[string, object, string]>([
    [
      'no secret over the internet',
      { secretArn: undefined },
      'secretArn must be set with bootstrapServers (Lambda reaches brokers over the internet with a secret only; those in a VPC, with subnetIds and securityGroupIds), got nothing',
    ],
    [
      'IAM',
      { authentication: 'IAM' },
      "authentication must be one of 'SASL_SCRAM_512_AUTH', 'SASL_SCRAM_256_AUTH', 'BASIC_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH' with bootstrapServers, got 'IAM'",
    ],
  ])('that is self-managed is refused with %s', (_, settings, expected) => {
    expect(problems({ ...selfManaged, ...settings })).toEqual([expected]);
  });
});
