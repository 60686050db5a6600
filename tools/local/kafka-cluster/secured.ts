import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, findKeytool, runToEnd } from './java.ts';

/** SASL mechanisms of the secured listener. */
export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** What a client needs to connect to the secured listener, besides its address. */
export interface SecuredAccess {
  readonly username: string;
  readonly password: string;
  /** The certificate to trust, as PEM. */
  readonly caFile: string;
}

const USERNAME = 'archiver';

function securedFolder(clusterFolder: string): string {
  return join(clusterFolder, 'secured');
}

/** Reads the access data of a cluster's secured listener. */
export function readSecuredAccess(clusterFolder: string): SecuredAccess {
  const folder = securedFolder(clusterFolder);
  const password = readFileSync(join(folder, 'password.txt'), 'utf8').trim();
  return { username: USERNAME, password, caFile: join(folder, 'ca.pem') };
}

/**
 * Creates the key, certificate and password of a cluster.
 *
 * @throws {KafkaClusterError} if the JDK's keytool is missing or fails
 */
export async function createSecuredAccess(clusterFolder: string, env: Environment): Promise<void> {
  const folder = securedFolder(clusterFolder);
  const certificate = join(folder, 'ca.pem');
  if (existsSync(certificate)) return;
  const keytool = findKeytool(env);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const password = randomBytes(12).toString('hex');
  writeFileSync(join(folder, 'password.txt'), `${password}\n`, { mode: 0o600 });
  const store = ['-alias', 'broker', '-storetype', 'PKCS12', '-storepass', password];
  store.push('-keystore', join(folder, 'keystore.p12'));
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650'];
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1'];
  await runToEnd(keytool, ['-genkeypair', ...store, ...key, ...names], env);
  await runToEnd(keytool, ['-exportcert', ...store, '-rfc', '-file', certificate], env);
}

/** Arguments of Kafka's storage tool that create the users of a cluster. */
export function scramArguments(clusterFolder: string): string[] {
  const { username, password } = readSecuredAccess(clusterFolder);
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ]);
}

/** The secured listener's settings in `server.properties`. */
export function securedProperties(clusterFolder: string): Record<string, string> {
  const { username, password } = readSecuredAccess(clusterFolder);
  const listener = 'listener.name.secured';
  const security = 'org.apache.kafka.common.security';
  const scram = `${security}.scram.ScramLoginModule required;`;
  return {
    [`${listener}.ssl.keystore.type`]: 'PKCS12',
    [`${listener}.ssl.keystore.location`]: join(securedFolder(clusterFolder), 'keystore.p12'),
    [`${listener}.ssl.keystore.password`]: password,
    [`${listener}.sasl.enabled.mechanisms`]: saslMechanisms.join(','),
    [`${listener}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required user_${username}="${password}";`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: scram,
  };
}
