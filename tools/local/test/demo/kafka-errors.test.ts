import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ProtocolError,
} from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { explainKafkaError } from '../../demo/kafka-errors.ts';
import { KafkaClusterError } from '../../kafka-cluster/errors.ts';

const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
const network = new NetworkError('Connection to 127.0.0.1:1 failed.', { cause: refused });
const login = new NetworkError('Connection failed.', {
  cause: new AuthenticationError('SASL authentication failed.'),
});

/** Errors as the client has them: of all tries of a call. */
const failed = (...errors: Error[]) => new MultipleErrors('produce failed 2 times.', errors);

describe('an error of the Kafka client', () => {
  it.each<[string, Error, RegExp]>([
    ['a login that is refused', failed(login), /^cannot go on: SASL authentication failed\.$/],
    [
      'something that is not allowed',
      failed(new ProtocolError('TOPIC_AUTHORIZATION_FAILED')),
      /^cannot go on: \S/,
    ],
    [
      'a record that is not taken',
      new ProtocolError('MESSAGE_TOO_LARGE'),
      /^cannot go on: .*larger/,
    ],
  ])("is the user's to change: %s", (_, error, message) => {
    const explained = explainKafkaError(error, 'cannot go on');
    expect(explained).toBeInstanceOf(ArchiverError);
    expect(explained).toMatchObject({ code: 'INVALID_SETTINGS', cause: error });
    expect((explained as Error).message).toMatch(message);
  });

  it.each<[string, Error, string]>([
    ['a broker that is away', failed(network, network), 'connect ECONNREFUSED 127.0.0.1:1'],
    ['a cause without words', new NetworkError('Closed.', { cause: new Error('') }), 'Closed.'],
    ['words on several lines', new NetworkError('one\n  two'), 'one two'],
  ])("is the cluster's: %s", (_, error, reason) => {
    const explained = explainKafkaError(error, 'cannot go on');
    expect(explained).toBeInstanceOf(KafkaClusterError);
    expect(explained).toMatchObject({ message: `cannot go on: ${reason}`, cause: error });
  });
});

describe('any other error', () => {
  it.each([
    ['a defect', new TypeError('x is not a function')],
    ['one that was explained', new ArchiverError('INVALID_SETTINGS', 'no', { cause: network })],
    ['no error at all', 'oops'],
  ])('stays as it is: %s', (_, error) => {
    expect(explainKafkaError(error, 'cannot go on')).toBe(error);
  });
});
