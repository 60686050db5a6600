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

/** The client's error for all attempts of a call. */
const failed = (...errors: Error[]) => new MultipleErrors('produce failed 2 times.', errors);

describe('an error of the Kafka client', () => {
  it.each<[string, Error, RegExp]>([
    ['a rejected login', failed(login), /^cannot continue: SASL authentication failed\.$/],
    [
      'a denied operation',
      failed(new ProtocolError('TOPIC_AUTHORIZATION_FAILED')),
      /^cannot continue: \S/,
    ],
    ['a refused record', new ProtocolError('MESSAGE_TOO_LARGE'), /^cannot continue: .*larger/],
  ])("is the user's mistake: %s", (_, error, message) => {
    const explained = explainKafkaError(error, 'cannot continue');
    expect(explained).toBeInstanceOf(ArchiverError);
    expect(explained).toMatchObject({ code: 'INVALID_SETTINGS', cause: error });
    expect((explained as Error).message).toMatch(message);
  });

  it.each<[string, Error, string]>([
    ['an unreachable broker', failed(network, network), 'connect ECONNREFUSED 127.0.0.1:1'],
    ['a cause without a message', new NetworkError('Closed.', { cause: new Error('') }), 'Closed.'],
    ['a message of several lines', new NetworkError('one\n  two'), 'one two'],
  ])("is the cluster's failure: %s", (_, error, reason) => {
    const explained = explainKafkaError(error, 'cannot continue');
    expect(explained).toBeInstanceOf(KafkaClusterError);
    expect(explained).toMatchObject({ message: `cannot continue: ${reason}`, cause: error });
  });

  it('is not any other error', () => {
    const defect = new TypeError('x is not a function');
    expect(explainKafkaError(defect, 'cannot continue')).toBe(defect);
  });
});
