import { execFile, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  freePort,
  type RealS3,
  startRealS3,
  untilInputEnds,
} from '../../../tools/local/real-servers/real-s3.ts';
import { startMoto } from '../moto.ts';
import { callGlue } from './glue.ts';

const run = promisify(execFile);

const VERSION = '476';

/** Of Maven Central's archive. */
const SHA256 = 'cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f';

/** https://trino.io/docs/476/installation/deployment.html#java-runtime-environment */
const OLDEST_JAVA = 24;

const LOOK_MS = 200;
const START_LIMIT_MS = 400_000;

/** The result of a query. */
export interface TrinoResult {
  readonly rows: readonly (readonly unknown[])[];
  readonly columns: readonly string[];
  readonly cpuMs: number;
  readonly inputRows: number;
  readonly inputBytes: number;
}

/**
 * A Trino that runs, with one catalog, `awsdatacatalog`: that of a Glue with the database `archive`, whose tables are in
 * S3 or in a folder of this machine.
 */
export interface Trino {
  /** Endpoint of Glue, which verifies no credentials. */
  readonly glue: string;
  readonly s3: RealS3;

  /** @throws {Error} with Trino's message */
  query(sql: string): Promise<TrinoResult>;
  close(): Promise<void>;
}

/**
 * Starts Trino on the loopback interface and a free port, with a Glue and an S3 server, and returns when it answers. The
 * first time, it is downloaded with Maven (0.8 GB) and kept in the user's cache folder. All end with this process at the
 * latest.
 *
 * @param folder `local:///` in the locations of tables; the folders in it are the buckets
 * @throws {Error} if it cannot be installed, or no Java is new enough, or it does not start
 */
export async function startTrino(folder: string): Promise<Trino> {
  const [server, java, moto, s3] = await Promise.all([
    provideTrino(),
    findJava(),
    startMoto(),
    startRealS3({ folder }),
  ]);
  const glue = moto.endpoint;
  await callGlue(glue, 'CreateDatabase', { DatabaseInput: { Name: 'archive' } });
  const home = await mkdtemp(join(tmpdir(), 'trino-'));
  const port = String(await freePort());
  await configure(home, { folder, glue, port, s3 });
  const command = [
    java,
    '-Xmx1400M',
    '-XX:+UseSerialGC',
    '--enable-native-access=ALL-UNNAMED',
    '--sun-misc-unsafe-memory-access=allow',
    `-Dnode.data-dir=${home}`,
    '-Dnode.environment=test',
    `-Dconfig=${join(home, 'config.properties')}`,
    `-Dcatalog.config-dir=${join(home, 'catalog')}`,
    `-Dplugin.dir=${join(server, 'plugin')}`,
    `-Dsecrets-plugin.dir=${join(server, 'secrets-plugin')}`,
    ...['-cp', join(server, 'lib', '*'), 'io.trino.server.TrinoServer'],
  ];
  const child = spawn('sh', ['-c', untilInputEnds, 'sh', ...command], {
    cwd: home,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(child, 'exit');
  const close = async () => {
    child.stdin.end();
    await ended;
    await Promise.all([moto.close(), s3.close()]);
    rmSync(home, { recursive: true, force: true });
  };
  const query = (sql: string) => ask(`http://127.0.0.1:${port}`, sql);
  const end = Date.now() + START_LIMIT_MS;
  for (;;) {
    const problem = await query('SELECT 1').then(
      () => undefined,
      (error: Error) => error,
    );
    if (problem === undefined) return { query, glue, s3, close };
    if (child.exitCode !== null || Date.now() > end) {
      await close();
      throw new Error('Trino does not answer', { cause: problem });
    }
    await delay(LOOK_MS);
  }
}

/** What Trino answers to a statement, as far as it is read here. */
interface StatementResponse {
  readonly columns?: readonly { readonly name: string }[];
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly errorName: string; readonly message: string };
  readonly nextUri?: string;
  readonly stats: {
    readonly cpuTimeMillis: number;
    readonly processedRows: number;
    readonly physicalInputBytes: number;
  };
}

/** Runs a query to its end: https://trino.io/docs/476/develop/client-protocol.html */
async function ask(endpoint: string, sql: string): Promise<TrinoResult> {
  const headers = {
    'X-Trino-User': 'test',
    'X-Trino-Catalog': 'awsdatacatalog',
    'X-Trino-Schema': 'archive',
  };
  let response = await fetch(`${endpoint}/v1/statement`, { method: 'POST', body: sql, headers });
  const rows: (readonly unknown[])[] = [];
  for (;;) {
    const { columns, data, error, nextUri, stats } = (await response.json()) as StatementResponse;
    rows.push(...(data ?? []));
    if (error !== undefined) throw new Error(`${error.errorName}: ${error.message}`);
    if (nextUri === undefined) {
      const names = (columns ?? []).map(({ name }) => name);
      return {
        rows,
        columns: names,
        cpuMs: stats.cpuTimeMillis,
        inputRows: stats.processedRows,
        inputBytes: stats.physicalInputBytes,
      };
    }
    response = await fetch(nextUri, { headers });
  }
}

async function configure(
  home: string,
  { folder, glue, port, s3 }: Pick<Trino, 'glue' | 's3'> & Record<'folder' | 'port', string>,
): Promise<void> {
  await mkdir(join(home, 'catalog'));
  const files = {
    'config.properties': {
      coordinator: 'true',
      'node-scheduler.include-coordinator': 'true',
      'http-server.http.port': port,
      'discovery.uri': `http://127.0.0.1:${port}`,
      'query.max-memory': '800MB',
      'query.max-memory-per-node': '800MB',
      'memory.heap-headroom-per-node': '300MB',
    },
    'catalog/awsdatacatalog.properties': {
      'connector.name': 'hive',
      'hive.metastore': 'glue',
      'hive.metastore.glue.endpoint-url': glue,
      'hive.metastore.glue.region': 'us-east-1',
      'hive.metastore.glue.aws-access-key': 'test',
      'hive.metastore.glue.aws-secret-key': 'test',
      'hive.partition-projection-enabled': 'true',
      // Athena reads the folders below a partition's, too.
      'hive.recursive-directories': 'true',
      'fs.native-s3.enabled': 'true',
      's3.endpoint': s3.endpoint,
      's3.region': 'us-east-1',
      's3.path-style-access': 'true',
      's3.aws-access-key': s3.credentials.accessKeyId,
      's3.aws-secret-key': s3.credentials.secretAccessKey,
      'fs.native-local.enabled': 'true',
      'local.location': folder,
    },
  };
  for (const [file, properties] of Object.entries(files)) {
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(home, file), lines.join(''));
  }
}

/** The folder of Trino, of whose plugins only Hive's is kept. */
async function provideTrino(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'msk-s3-archiver');
  const folder = join(cache, `trino-${VERSION}`);
  if (existsSync(folder)) return folder;
  const staging = join(cache, `trino-${VERSION}-staging-${process.pid}`);
  const unpacked = join(staging, 'trino');
  try {
    mkdirSync(unpacked, { recursive: true });
    await run('mvn', [
      ...['--batch-mode', '--quiet', `-Dmaven.repo.local=${join(staging, 'maven')}`],
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
      ...[`-Dartifact=io.trino:trino-server:${VERSION}:tar.gz`, `-DoutputDirectory=${staging}`],
    ]);
    const archive = join(staging, `trino-server-${VERSION}.tar.gz`);
    if (hash('sha256', readFileSync(archive), 'hex') !== SHA256) {
      throw new Error(`${archive} is not the archive whose SHA-256 this test knows`);
    }
    // Whole: plugins share files as hard links.
    await run('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1']);
    for (const plugins of ['plugin', 'secrets-plugin']) {
      for (const plugin of readdirSync(join(unpacked, plugins))) {
        if (plugin !== 'hive') rmSync(join(unpacked, plugins, plugin), { recursive: true });
      }
    }
    renameSync(unpacked, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return folder;
}

/** The `java` of `JAVA_HOME`, of `PATH`, or of Linux's usual folder that is new enough. */
async function findJava(): Promise<string> {
  const { JAVA_HOME, PATH = '' } = process.env;
  const installed = '/usr/lib/jvm';
  const folders = [
    ...(JAVA_HOME ? [join(JAVA_HOME, 'bin')] : []),
    ...PATH.split(delimiter),
    ...(existsSync(installed) ? readdirSync(installed) : []).map((name) =>
      join(installed, name, 'bin'),
    ),
  ];
  for (const program of folders.map((folder) => join(folder, 'java')).filter(existsSync)) {
    const { stderr } = await run(program, ['-version']);
    const version = /version "(\d+)/.exec(stderr)?.[1];
    if (Number(version) >= OLDEST_JAVA) return program;
  }
  throw new Error(`Trino needs Java ${OLDEST_JAVA} or later: set JAVA_HOME`);
}
