import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionFlags, connectionHelp, readConnection } from '../../cli/connection-flags.ts';
import { readFlags } from '../../cli/flags.ts';
import type { KafkaConnection } from '../../kafka/connection.ts';
import { refusalOf as refusal } from '../helpers/refusal.ts';

type Environment = Readonly<Record<string, string>>;

const parse = (line: string, environment: Environment = {}) =>
  readConnection(readFlags(line === '' ? [] : line.split(' '), connectionFlags), environment);

const refusalOf = (line: string, environment: Environment = {}) =>
  refusal(() => parse(line, environment));

/** The path of a file of this text, which is gone when the test is over. */
function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'connection-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, text);
  return file;
}

const password = { KAFKA_PASSWORD: 'secret' };
const sasl = { username: 'u', password: 'secret' } as const;

describe('a connection', () => {
  it.each<[string, Environment, KafkaConnection | undefined]>([
    ['', {}, undefined],
    ['', { KAFKA_BOOTSTRAP_SERVERS: '' }, undefined],
    ['', password, undefined],
    ['--brokers a:1', {}, { brokers: ['a:1'] }],
    ['--brokers a:1,b.example:65535,a:1,', {}, { brokers: ['a:1', 'b.example:65535'] }],
    ['', { KAFKA_BOOTSTRAP_SERVERS: 'a:1, b:2' }, { brokers: ['a:1', 'b:2'] }],
    ['--brokers c:3', { KAFKA_BOOTSTRAP_SERVERS: 'a:1' }, { brokers: ['c:3'] }],
    ['--brokers c:3', { KAFKA_BOOTSTRAP_SERVERS: 'not read' }, { brokers: ['c:3'] }],
    ['--tls', { KAFKA_BOOTSTRAP_SERVERS: 'a:1' }, { brokers: ['a:1'], tls: {} }],
    ['--brokers a:1', password, { brokers: ['a:1'] }],
    ...(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map(
      (mechanism): [string, Environment, KafkaConnection] => [
        `--brokers a:1 --tls --sasl ${mechanism} --username u`,
        password,
        { brokers: ['a:1'], tls: {}, sasl: { ...sasl, mechanism } },
      ],
    ),
  ])('is read from "%s" and %j', (line, environment, connection) => {
    expect(parse(line, environment)).toEqual(connection);
  });

  it('has the certificates of a file', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(parse(`--brokers a:1 --tls --ca ${fileOf(pem)}`)).toEqual({
      brokers: ['a:1'],
      tls: { ca: pem },
    });
  });
});

describe('a connection is refused', () => {
  const hostPort = 'must be host:port, with commas between';
  it.each<[string, Environment, string]>([
    ['--tls', {}, '--tls needs --brokers'],
    ['--ca file', {}, '--ca needs --brokers'],
    ['--sasl PLAIN', {}, '--sasl needs --brokers'],
    ['--username u', {}, '--username needs --brokers'],
    ['--tls', { KAFKA_BOOTSTRAP_SERVERS: '' }, '--tls needs --brokers'],
    ['--brokers=', {}, `--brokers ${hostPort}, got ''`],
    ['--brokers ,', {}, `--brokers ${hostPort}, got ','`],
    ['--brokers a', {}, `--brokers ${hostPort}, got 'a'`],
    ['--brokers a:1,b', {}, `--brokers ${hostPort}, got 'b'`],
    ['--brokers a:', {}, `--brokers ${hostPort}, got 'a:'`],
    ['--brokers :1', {}, `--brokers ${hostPort}, got ':1'`],
    ['--brokers a:123456', {}, `--brokers ${hostPort}, got 'a:123456'`],
    ['--brokers SSL://a:1', {}, `--brokers ${hostPort}, got 'SSL://a:1'`],
    ['', { KAFKA_BOOTSTRAP_SERVERS: 'a b:1' }, `KAFKA_BOOTSTRAP_SERVERS ${hostPort}, got 'a b:1'`],
    ['', { KAFKA_BOOTSTRAP_SERVERS: ' ' }, `KAFKA_BOOTSTRAP_SERVERS ${hostPort}, got ' '`],
    ['--brokers a:1 --ca file', {}, '--ca needs --tls'],
    ['--brokers a:1 --sasl PLAIN', password, '--sasl and --username need each other'],
    ['--brokers a:1 --username u', password, '--sasl and --username need each other'],
    [
      '--brokers a:1 --sasl GSSAPI --username u',
      password,
      "--sasl must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, got 'GSSAPI'",
    ],
    ['--brokers a:1 --sasl PLAIN --username u', {}, '--sasl needs the password in KAFKA_PASSWORD'],
  ])('as "%s" and %j', (line, environment, message) => {
    expect(refusalOf(line, environment)).toBe(`${message}; see --help`);
  });

  it('where the file of certificates cannot be read', () => {
    const file = join(fileOf(''), 'none');
    expect(refusalOf(`--brokers a:1 --tls --ca ${file}`)).toBe(
      `cannot read --ca ${file}: ENOTDIR: not a directory, open '${file}'; see --help`,
    );
  });

  it('without a word of the password', () => {
    expect(refusalOf('--brokers a:1 --sasl X --username u', password)).not.toMatch('secret');
  });
});

describe('help', () => {
  it('names every flag, and what the environment has', () => {
    const documented = [...connectionHelp.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    expect(documented).toEqual(Object.keys(connectionFlags));
    expect(connectionHelp).toMatch('KAFKA_BOOTSTRAP_SERVERS');
    expect(connectionHelp).toMatch('KAFKA_PASSWORD');
  });
});
