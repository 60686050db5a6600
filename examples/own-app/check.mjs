// Installs the packed tarball with this app into an empty folder, and checks the result.
import { strict as assert } from 'node:assert';
import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'own-app-'));
const node = process.execPath;

const env = {
  ...process.env,
  CDK_OUTDIR: join(folder, 'cdk.out'),
  // The binaries of packages run on this Node, too.
  PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
};
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const say = (text) => console.log(`own-app: ${text}`);

try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], root),
  );
  for (const file of ['app.ts', 'enrich.ts', 'enriched.ts', 'package.json', 'tsconfig.json']) {
    cpSync(join(import.meta.dirname, file), join(folder, file));
  }
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `./${filename}`]);
  say(`${filename} is installed in an empty folder`);

  assert(!existsSync(join(folder, 'node_modules/esbuild')), 'esbuild must not be installed');
  run(node, [join(folder, 'node_modules/typescript/bin/tsc')]);
  say('its declarations compile, without skipLibCheck');

  run(node, ['app.ts']);
  const [file] = globSync(join(folder, 'cdk.out/*.template.json'));
  assert(file !== undefined, 'the app must write a template');
  const { Outputs, Resources } = JSON.parse(readFileSync(file, 'utf8'));
  const count = (type) => Object.values(Resources).filter(({ Type }) => Type === type).length;
  assert.equal(count('AWS::CloudWatch::Dashboard'), 2, 'one dashboard for each archive');
  const mappings = Object.values(Resources).filter(
    ({ Type, Properties }) => Type === 'AWS::Lambda::EventSourceMapping' && Properties.Topics,
  );
  assert.deepEqual(
    mappings.map(({ Properties: { Topics, EventSourceArn } }) => [
      ...Topics,
      typeof EventSourceArn,
    ]),
    [
      ['orders', 'string'],
      ['refunds', 'string'],
      ['payments', 'object'],
    ],
  );
  for (const id of ['Orders', 'Payments']) {
    assert(`${id}ArchiveBucket` in Resources, `${id} must have a bucket`);
    assert(`${id}ReplayQueueUrl` in Outputs, `${id} must have outputs`);
  }
  const names = Object.values(Resources).flatMap(({ Properties }) => Properties?.AlarmName ?? []);
  assert.equal(new Set(names).size, names.length, 'no two alarms may share a name');
  say(`two archives in one stack: ${Object.keys(Resources).length} resources, without esbuild`);

  const bundles = globSync(join(folder, 'cdk.out/asset.*/index.mjs'));
  const shared = bundles.filter((bundle) => !existsSync(join(dirname(bundle), 'layouts.json')));
  assert.equal(shared.length, 2, 'both archives share the bundles of archive and replay');
  say('its functions are the bundles of the package');

  const types = run(node, [
    '--input-type=commonjs',
    '--print',
    "Object.values(require('msk-s3-archiver')).map((each) => typeof each).join()",
  ]);
  assert.equal(types.trim(), 'function,function,function');
  say('a CommonJS app can require it');

  const help = run('npx', ['--no-install', 'kafka-archive', '--help']);
  assert.match(help, /Usage: kafka-archive/);
  say('npx kafka-archive prints its help');

  assert(!existsSync(join(folder, 'node_modules/@duckdb')), 'DuckDB must not be installed');
  cpSync(join(root, 'test/fixtures/format-1'), join(folder, 'archive'), { recursive: true });
  const query = ['kafka-archive', 'sql', '--local', 'archive', '--format', 'csv'];
  const counts = [
    ...query,
    'select topic, count(*) as records from archive group by all order by all',
  ];
  const refused = spawnSync('npx', ['--no-install', ...counts], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  assert.equal(refused.status, 1);
  assert.equal(refused.stderr, 'SQL on this machine needs DuckDB: npm install @duckdb/node-api\n');
  say('npx kafka-archive sql says how to install DuckDB');

  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const duckdb = `@duckdb/node-api@${devDependencies['@duckdb/node-api']}`;
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', duckdb]);
  assert.equal(run('npx', ['--no-install', ...counts]), 'topic,records\n_schemas,3\norders,89\n');
  say('with DuckDB, it queries a folder');

  const esbuild = `esbuild@${devDependencies.esbuild}`;
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', esbuild]);
  run(node, ['enriched.ts']);
  const enriched = globSync(join(folder, 'cdk.out/asset.*/enrich.mjs'));
  assert.equal(enriched.length, 2, 'both functions have the enrich of the app');
  for (const module of enriched) {
    const { enrich } = await import(module);
    const headers = [{ name: 'tenant', value: Buffer.from('acme') }];
    assert.deepEqual(enrich({ headers }), { tenant: 'acme' });
    const functionFile = readFileSync(join(dirname(module), 'function.mjs'), 'utf8');
    const ofPackage = bundles.map((each) => readFileSync(each, 'utf8'));
    assert(ofPackage.includes(functionFile), 'the function itself is the bundle of the package');
  }
  say('with esbuild, its functions call the enrich of an app');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
