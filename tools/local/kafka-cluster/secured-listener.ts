import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Environment, findKeytool, runToEnd } from './java.ts';
import { withStaging } from './staging.ts';
import type { ScramUser } from './storage.ts';

/** Mechanisms of SASL that the secured listener takes. */
export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** What a client needs for the listener with TLS and SASL, besides its address. */
export interface SecuredAccess {
  readonly username: string;
  readonly password: string;
  /** The certificate to trust, as PEM. */
  readonly caFile: string;
}

const USERNAME = 'archiver';

/** The files of the secured listener, which are in a folder of their own. */
export function securedFolder(clusterFolder: string): string {
  return join(clusterFolder, 'secured');
}

/** What a cluster with a secured listener lets in; its password is of that cluster alone. */
export function readSecuredAccess(clusterFolder: string): SecuredAccess {
  const folder = securedFolder(clusterFolder);
  const password = readFileSync(join(folder, 'password.txt'), 'utf8').trim();
  return { username: USERNAME, password, caFile: join(folder, 'ca.pem') };
}

/**
 * Makes key, certificate and password of a cluster, unless they are there.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when the JDK's keytool is missing
 * @throws {KafkaClusterError} when it fails
 */
export async function provideSecuredAccess(clusterFolder: string, env: Environment): Promise<void> {
  const folder = securedFolder(clusterFolder);
  if (existsSync(folder)) return;
  const keytool = findKeytool(env);
  await withStaging(dirname(folder), async (staging) => {
    const made = join(staging, 'secured');
    mkdirSync(made);
    const password = randomBytes(12).toString('hex');
    writeFileSync(join(made, 'password.txt'), `${password}\n`, { mode: 0o600 });
    const store = ['-alias', 'broker', '-storetype', 'PKCS12', '-storepass', password];
    store.push('-keystore', join(made, 'keystore.p12'));
    const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650'];
    const names = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1'];
    await runToEnd(keytool, ['-genkeypair', ...store, ...key, ...names], env);
    const certificate = join(made, 'ca.pem');
    await runToEnd(keytool, ['-exportcert', ...store, '-rfc', '-file', certificate], env);
    renameSync(made, folder);
  });
}

/** The users that a cluster's first records have to hold. */
export function scramUsers({ username, password }: SecuredAccess): ScramUser[] {
  return (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map((mechanism) => {
    return { mechanism, name: username, password };
  });
}

/** The listener's settings in `server.properties`. */
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
