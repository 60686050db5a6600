import { describe, expect, it } from 'vitest';
import { clientOptions, type KafkaConnection } from '../../kafka/connection.ts';

const brokers = ['a:9092', 'b:9092'];
const sasl = { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } as const;
const plainText = { clientId: 'msk-s3-archiver', bootstrapBrokers: brokers, retries: 0 };

describe('the options of a client', () => {
  it.each<[string, KafkaConnection, object]>([
    ['plain text', { brokers }, plainText],
    ['TLS', { brokers, tls: {} }, { ...plainText, tls: {} }],
    ['an authority', { brokers, tls: { ca: 'PEM' } }, { ...plainText, tls: { ca: 'PEM' } }],
    [
      'a certificate of the client',
      { brokers, tls: { ca: 'PEM', cert: 'CERT', key: 'KEY', passphrase: 'open' } },
      { ...plainText, tls: { ca: 'PEM', cert: 'CERT', key: 'KEY', passphrase: 'open' } },
    ],
    ['a login', { brokers, sasl }, { ...plainText, sasl }],
    ['TLS and a login', { brokers, tls: {}, sasl }, { ...plainText, tls: {}, sasl }],
  ])('are those of a connection with %s', (_, connection, options) => {
    expect(clientOptions(connection)).toEqual(options);
  });

  it('can be changed without changing the connection', () => {
    const connection = { brokers: ['a:9092'], sasl: { ...sasl } };
    const options = clientOptions(connection);
    options.bootstrapBrokers.push('c:9092');
    Object.assign(options.sasl ?? {}, { password: 'other' });
    expect(connection).toEqual({ brokers: ['a:9092'], sasl });
  });
});
