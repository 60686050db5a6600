import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchCluster, stopNodes } from '../../kafka-cluster/cluster.ts';
import {
  type ClusterRecord,
  readClusterRecord,
  writeClusterRecord,
} from '../../kafka-cluster/cluster-record.ts';
import { runKafkaCommand } from '../../kafka-cluster/command.ts';
import { clusterNodes, makeClusterFolder } from '../../kafka-cluster/node-files.ts';
import { parseKafkaCommand } from '../../kafka-cluster/options.ts';
import { fixedPorts } from '../../kafka-cluster/ports.ts';
import {
  provideSecuredAccess,
  readSecuredAccess,
  scramUsers,
  securedProperties,
} from '../../kafka-cluster/secured-listener.ts';
import { formatData, newKafkaId } from '../../kafka-cluster/storage.ts';
import { javaVersion, refusalOf, temporaryFolders, writeProgram } from './fake-programs.ts';

const folders = temporaryFolders();

const record: ClusterRecord = {
  kafkaVersion: '4.4.0',
  clusterId: 'TE2kT_9cQFmzAyVOjIwq3A',
  brokers: 1,
  secure: false,
  ports: fixedPorts(9092, { brokers: 1, isSecure: false }),
};

type Launch = Parameters<typeof launchCluster>[0];

function refusal(options: Partial<Launch>): Promise<string> {
  const folder = folders.create();
  const defaults = { folder, isDetached: false, env: { PATH: '' } };
  return refusalOf(() => launchCluster({ ...defaults, ...options }));
}

describe('a start', () => {
  it('is refused without Java, and without Maven', async () => {
    expect(await refusal({})).toMatch(/^Kafka needs Java 17 or later: no 'java' in PATH/);
    const programs = folders.create();
    writeProgram(programs, 'java', javaVersion('17.0.1'));
    const env = { PATH: programs, XDG_CACHE_HOME: folders.create() };
    expect(await refusal({ env })).toBe("Kafka is downloaded by Maven: no 'mvn' in PATH");
  });

  it('is refused when the folder has a cluster of another shape', async () => {
    const folder = folders.create();
    writeClusterRecord(folder, record);
    const other = 'delete it, or choose another --folder';
    expect(await refusal({ folder, brokers: 3 })).toBe(
      `the cluster in ${folder} has --brokers 1: ${other}`,
    );
    expect(await refusal({ folder, secure: true })).toBe(
      `the cluster in ${folder} was made without --secure: ${other}`,
    );
    expect(await refusal({ folder, brokers: 1, secure: false })).toMatch(/^Kafka needs Java/);
    writeClusterRecord(folder, { ...record, secure: true });
    expect(await refusal({ folder, secure: false })).toMatch(/ was made with --secure: /);
  });

  it('is refused where there can be no data', async () => {
    const folder = folders.create();
    writeFileSync(join(folder, 'file'), '');
    const file = join(folder, 'file');
    expect(await refusal({ folder: file })).toMatch(
      `--folder ${file} cannot be written to: EEXIST`,
    );
    expect(await refusal({ folder: join(folder, 'a,b') })).toBe(
      `--folder may have no comma in it: ${join(folder, 'a,b')}`,
    );
    writeFileSync(join(folder, 'cluster.json'), '{"brokers": 2}');
    expect(await refusal({ folder })).toBe(
      `${join(folder, 'cluster.json')} is damaged: delete the folder, or choose another --folder`,
    );
  });
});

describe('stop and status', () => {
  async function run(command: string, folder: string) {
    const asked = parseKafkaCommand([command, '--folder', folder]);
    if (asked === 'help') throw new Error('help was not asked for');
    const lines: string[] = [];
    const isGood = await runKafkaCommand(asked, { env: {}, print: (line) => lines.push(line) });
    return { isGood, lines };
  }

  it.each(['a folder without a cluster', 'no folder', 'a cluster that does not run'])(
    'tell that nothing runs in %s',
    async (what) => {
      const folder = what === 'no folder' ? join(folders.create(), 'none') : folders.create();
      if (what.startsWith('a cluster')) writeClusterRecord(folder, record);
      const lines = [`No cluster runs in ${folder}`];
      expect(await run('stop', folder)).toEqual({ isGood: true, lines });
      expect(await run('status', folder)).toEqual({ isGood: false, lines });
      expect(existsSync(folder)).toBe(what !== 'no folder');
    },
  );

  it('stops nothing where nothing runs', async () => {
    expect(await stopNodes(clusterNodes(folders.create(), 3))).toBe(false);
  });
});

describe('the folder', () => {
  it('has one path, however it is given', () => {
    const folder = folders.create();
    symlinkSync(folder, `${folder}-link`);
    expect(makeClusterFolder(`${folder}-link/deep/`)).toBe(join(folder, 'deep'));
  });

  it('keeps what the cluster is', () => {
    const folder = folders.create();
    expect(readClusterRecord(folder)).toBeUndefined();
    writeClusterRecord(folder, record);
    expect(readClusterRecord(folder)).toEqual(record);
  });

  it("has a node's data in Kafka's format", () => {
    const folder = folders.create();
    const [node] = clusterNodes(folder, 3).slice(-1);
    if (node === undefined) throw new Error('there is no controller');
    writeFileSync(join(folder, 'first'), 'records');
    formatData(node, record.clusterId, join(folder, 'first'));
    const metadata = join(node.data, '__cluster_metadata-0');
    const checkpoint = join(metadata, '00000000000000000000-0000000000.checkpoint');
    expect(readFileSync(checkpoint, 'utf8')).toBe('records');
    expect(readFileSync(join(node.data, 'meta.properties'), 'utf8')).toMatch(
      /^version=1\ncluster\.id=TE2kT_9cQFmzAyVOjIwq3A\nnode\.id=100\ndirectory\.id=[\w-]{22}\n$/,
    );
  });

  it('gets ids of 16 bytes that are no option of a command line', () => {
    for (let count = 0; count < 200; count += 1) {
      expect(newKafkaId()).toMatch(/^\w[\w-]{21}$/);
    }
  });
});

describe('the secured listener', () => {
  it('has a key, a certificate and a password of the folder alone', async () => {
    const [folder, programs] = [folders.create(), folders.create()];
    const store = 'while [ "$1" != -keystore ]; do shift; done; : > "$2"';
    const file = 'while [ "$1" != -file ]; do shift; done; echo PEM > "$2"';
    const script = `case $1 in -genkeypair) ${store};; *) ${file};; esac`;
    writeProgram(programs, 'keytool', script);
    await provideSecuredAccess(folder, { PATH: programs });
    const access = readSecuredAccess(folder);
    expect(access).toEqual({
      username: 'archiver',
      password: expect.stringMatching(/^[0-9a-f]{24}$/),
      caFile: join(folder, 'secured', 'ca.pem'),
    });
    expect(readFileSync(access.caFile, 'utf8')).toBe('PEM\n');
    await provideSecuredAccess(folder, { PATH: '' });
    expect(readSecuredAccess(folder)).toEqual(access);
    const { username: name, password } = access;
    expect(scramUsers(access)).toEqual([
      { mechanism: 'SCRAM-SHA-256', name, password },
      { mechanism: 'SCRAM-SHA-512', name, password },
    ]);
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
    expect(securedProperties(folder)).toEqual({
      'listener.name.secured.ssl.keystore.type': 'PKCS12',
      'listener.name.secured.ssl.keystore.location': join(folder, 'secured', 'keystore.p12'),
      'listener.name.secured.ssl.keystore.password': password,
      'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.secured.plain.sasl.jaas.config': `${plain} user_archiver="${password}";`,
      'listener.name.secured.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.secured.scram-sha-512.sasl.jaas.config': scram,
    });
  });

  it('leaves nothing behind when the key cannot be made', async () => {
    const [folder, programs] = [folders.create(), folders.create()];
    writeProgram(programs, 'keytool', "echo 'keytool error: no'; exit 1");
    const made = provideSecuredAccess(folder, { PATH: programs });
    await expect(made).rejects.toThrow(/^keytool error: no$/);
    expect(existsSync(join(folder, 'secured'))).toBe(false);
  });
});
