import { describe, expect, it } from 'vitest';
import { parse, problemsOf, secretArn } from '../settings-fixture.ts';

const uri = 'https://registry.example.com';
const glue = 'arn:aws:glue:eu-west-1:111122223333:registry/shop';
const provisionedPollers = { min: 1, max: 1 };

describe('the schema registry', () => {
  it('of Glue is read with the role, and leaves the bytes as they were', () => {
    const { schemaRegistry } = parse({ provisionedPollers, schemaRegistry: { uri: glue } });
    expect(schemaRegistry).toEqual({ uri: glue, format: 'SOURCE', validate: ['VALUE'] });
  });

  it('of Confluent is read with a secret, or without', () => {
    const registry = {
      ...{ uri, format: 'JSON', validate: 'KEY, VALUE' },
      ...{ authentication: 'BASIC_AUTH', secretArn, rootCaSecretArn: secretArn },
    };
    const schemaRegistry = JSON.stringify(registry);
    expect(parse({ provisionedPollers, schemaRegistry }).schemaRegistry).toEqual({
      ...registry,
      validate: ['KEY', 'VALUE'],
    });
    expect(problemsOf({ provisionedPollers, schemaRegistry: { uri } })).toEqual([]);
  });

  it.each<[object | string, string]>([
    [
      { uri: 'http://registry' },
      "schemaRegistry.uri must be the ARN of a Glue schema registry, or the https:// URL of a Confluent one without a password, got 'http://registry'",
    ],
    [
      { uri: 'https://me:secret@registry' },
      "schemaRegistry.uri must be the ARN of a Glue schema registry, or the https:// URL of a Confluent one without a password, got 'https://me:secret@registry'",
    ],
    [
      { uri: glue, secretArn },
      `schemaRegistry must not have secretArn with a Glue registry (the role reads it), got '${secretArn}'`,
    ],
    [{ uri, secretArn }, 'schemaRegistry must have both authentication and secretArn, or neither'],
    [{ uri, format: 'AVRO' }, "schemaRegistry.format must be one of 'SOURCE', 'JSON', got 'AVRO'"],
    [{ uri, validate: [] }, 'schemaRegistry.validate must name at least one attribute, got none'],
    [
      { uri, user: 'me' },
      "schemaRegistry must have uri, format, validate, authentication, secretArn and rootCaSecretArn only, got 'user'",
    ],
  ])('is refused as %j', (schemaRegistry, expected) => {
    expect(problemsOf({ provisionedPollers, schemaRegistry })).toEqual([expected]);
  });

  it('needs provisioned mode', () => {
    expect(problemsOf({ schemaRegistry: { uri: glue } })).toEqual([
      expect.stringMatching(
        /^schemaRegistry must not be set without provisionedPollers \(Lambda takes schema registries in provisioned mode only\), got /,
      ),
    ]);
  });
});

describe('filters', () => {
  const pattern = { value: { kind: ['order'] } };

  it('are patterns for the value', () => {
    expect(parse({ filters: JSON.stringify([pattern]) }).filters).toEqual([pattern]);
    const five = Array.from({ length: 5 }, () => ({ value: [{ 'anything-but': ['error'] }] }));
    expect(parse({ filters: five }).filters).toEqual(five);
  });

  it.each<[unknown, string | RegExp]>([
    [
      'kind=order',
      /^filters must be a list of patterns, as JSON text such as .*, got 'kind=order'$/,
    ],
    [[], 'filters must have 1 to 5 patterns, got []'],
    [Array.from({ length: 6 }, () => pattern), /^filters must have 1 to 5 patterns, got /],
    [['order'], /^filters\[0\] must be a pattern, as JSON text such as .*, got 'order'$/],
    [
      [{}],
      'filters[0] must have the field value and no other (Lambda filters Kafka records by their value only), got none',
    ],
    [
      [{ key: ['a'] }],
      "filters[0] must have the field value and no other (Lambda filters Kafka records by their value only), got 'key'",
    ],
    [
      [{ value: ['x'.repeat(4083)] }],
      'filters[0] must take at most 4096 characters as JSON, got 4097',
    ],
  ])('%j are refused', (filters, expected) => {
    expect(problemsOf({ filters })).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
  });
});
