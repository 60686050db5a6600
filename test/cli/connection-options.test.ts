import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCommand, run } from '../../cli/command.ts';
import { readConnection, withConnection } from '../../cli/connection-options.ts';
import type { KafkaConnection } from '../../kafka/connection.ts';

type Environment = Readonly<Record<string, string>>;

/** Reads a connection from a command line. @returns it, or the message that the command line is refused with */
async function read(line: string, environment: Environment = {}) {
  let connection: KafkaConnection | undefined;
  const errors: string[] = [];
  const command = withConnection(createCommand('tool', 'A tool.')).action((values) => {
    connection = readConnection(values, environment);
  });
  const output = { print: () => undefined, printError: (text: string) => errors.push(text) };
  const code = await run(command, line.split(' ').filter(Boolean), output);
  return code === 0 ? connection : errors.join('\n');
}

/** Writes a file for the duration of the test. @returns its path */
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
  ])('is read from "%s" and %j', async (line, environment, connection) => {
    expect(await read(line, environment)).toEqual(connection);
  });

  it('trusts the certificate authority of a file', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(await read(`--brokers a:1 --tls --ca ${fileOf(pem)}`)).toEqual({
      brokers: ['a:1'],
      tls: { ca: pem },
    });
  });

  const hostPort = 'must be one or more host:port, separated by commas, got';
  it.each<[string, Environment, string]>([
    ['--tls', {}, '--tls needs --brokers'],
    ['--ca file', {}, '--ca needs --brokers'],
    ['--sasl PLAIN', {}, '--sasl needs --brokers'],
    ['--username u', {}, '--username needs --brokers'],
    ['--tls', { KAFKA_BOOTSTRAP_SERVERS: '' }, '--tls needs --brokers'],
    ...['a', 'a:', ':1', 'a:123456', 'SSL://a:1'].map((broker): [string, Environment, string] => [
      `--brokers a:1,${broker}`,
      {},
      `--brokers ${hostPort} '${broker}'`,
    ]),
    ['', { KAFKA_BOOTSTRAP_SERVERS: 'a b:1' }, `KAFKA_BOOTSTRAP_SERVERS ${hostPort} 'a b:1'`],
    ['', { KAFKA_BOOTSTRAP_SERVERS: ' ' }, `KAFKA_BOOTSTRAP_SERVERS ${hostPort} ' '`],
    ['--brokers a:1 --ca file', {}, '--ca needs --tls'],
    ['--brokers a:1 --sasl PLAIN', password, '--sasl and --username need each other'],
    ['--brokers a:1 --username u', password, '--sasl and --username need each other'],
    [
      '--brokers a:1 --sasl PLAIN --username u',
      {},
      '--sasl PLAIN needs the password in the environment variable KAFKA_PASSWORD',
    ],
    [
      '--brokers a:1 --sasl GSSAPI --username u',
      password,
      "option '--sasl <mechanism>' argument 'GSSAPI' is invalid. Allowed choices are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
    ],
  ])('is refused from "%s" and %j', async (line, environment, message) => {
    expect(await read(line, environment)).toBe(`${message}; see 'tool --help'`);
  });

  it('is refused if the certificate file cannot be read', async () => {
    const file = join(fileOf(''), 'none');
    expect(await read(`--brokers a:1 --tls --ca ${file}`)).toBe(
      `cannot read --ca ${file}: ENOTDIR: not a directory, open '${file}'; see 'tool --help'`,
    );
  });
});
