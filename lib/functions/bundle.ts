import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** The functions there are: each is the file of that name in `lambda/`. */
export type FunctionEntry = 'archive' | 'archive-firehose' | 'replay' | 'replay-firehose' | 'trial';

/**
 * Bundles a function into `dist/<entry>/` and returns that folder, which holds `index.mjs`, its source
 * map, for the trial function what its Kafka client reads besides, and nothing else.
 *
 * The stack deploys this folder with a plain `lambda.Function`, not through `NodejsFunction`, because
 * the emulator and the tests run this very folder: what is tested locally is byte for byte what is
 * deployed. The same sources give the same bytes, wherever the project lies.
 *
 * @param folder another folder to write to; the bytes stay those for `dist/<entry>/`.
 * @throws esbuild's `BuildFailure` when the sources do not compile.
 */
export function bundleFunction(
  entry: FunctionEntry,
  folder: string = join(root, 'dist', entry),
): string {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    // Packages keep their place in the source map, also where node_modules is a link.
    preserveSymlinks: true,
    entryPoints: [join('lambda', `${entry}.ts`)],
    outfile: join(root, 'dist', entry, 'index.mjs'),
    write: false,
    bundle: true,
    // No `external`: the SDK that a runtime brings along changes without a deployment.
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'eof',
    logLevel: 'silent',
    ...(entry === 'trial' ? kafkaClientOptions : sdkOptions),
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  replaceFiles(folder, entry === 'trial' ? [...files, kafkaClientFile()] : files);
  return folder;
}

/** What the SDK of a bundle does without, so that a cold start takes less. */
const sdkOptions = {
  alias: {
    'node:http': './lambda/io/bundled/node-http.ts',
    'node:https': './lambda/io/bundled/node-https.ts',
    '@aws-sdk/credential-provider-node': './lambda/io/bundled/function-credentials.ts',
  },
} satisfies BuildOptions;

/**
 * What @platformatic/kafka 2.12.1 needs of a bundle: one of its packages requires modules of Node, and
 * another reads a file by its place beside the code, which is not where the bundle is.
 */
const kafkaClientOptions = {
  banner: {
    js: [
      "import { createRequire as requireOf } from 'node:module';",
      'const require = requireOf(import.meta.url);',
      "const clientUrl = new URL('dist/', import.meta.url).href;",
    ].join(''),
  },
  define: { 'import.meta.url': 'clientUrl' },
} satisfies BuildOptions;

const KAFKA_CLIENT_FILE = 'native.wasm';

/** In the place of `../dist/` as seen from the URL that the options above define. */
function kafkaClientFile(): File {
  const path = join(root, 'node_modules/@platformatic/wasm-utils/dist', KAFKA_CLIENT_FILE);
  return { name: `dist/${KAFKA_CLIENT_FILE}`, contents: readFileSync(path) };
}

interface File {
  /** Path in the folder of the bundle. */
  readonly name: string;
  readonly contents: Uint8Array;
}

/**
 * Makes the folder hold exactly these files. Tests and a synth may do so at the same time: each file
 * is renamed into place whole, so that neither reads half of what the other writes.
 */
function replaceFiles(folder: string, files: readonly File[]): void {
  mkdirSync(folder, { recursive: true });
  const temporary = mkdtempSync(`${folder}-${process.pid}-`);
  try {
    for (const { name, contents } of files) {
      const whole = join(temporary, basename(name));
      writeFileSync(whole, contents);
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      renameSync(whole, join(folder, name));
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const kept = files.map(({ name }) => name.split('/')[0]);
  const stale = readdirSync(folder).filter((name) => !kept.includes(name));
  for (const name of stale) rmSync(join(folder, name), { recursive: true, force: true });
}
