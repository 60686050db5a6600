import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Resource } from '../lib/synthesize.ts';

const run = promisify(execFile);

const root = resolve(import.meta.dirname, '../..');

/** A template, as far as the tests look into it. */
export interface StackTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** A folder that is deployed as an archive, and where to. */
export interface FileAsset {
  /** Of the construct: `ArchiveFunction/Function/Code`. */
  readonly displayName: string;
  readonly folder: string;
  readonly bucketName: string;
  readonly objectKey: string;
}

/** What `cdk synth` leaves of a stack, and `cdk deploy` takes. */
export interface CdkAssembly {
  readonly folder: string;
  readonly template: StackTemplate;
  readonly assets: readonly FileAsset[];
}

interface AssetManifest {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly displayName: string;
        readonly source: { readonly path: string; readonly packaging: 'zip' | 'file' };
        readonly destinations: Readonly<
          Record<string, Pick<FileAsset, 'bucketName' | 'objectKey'>>
        >;
      }
    >
  >;
}

/** Variables that say where AWS is, and who is there. */
export type CdkEnvironment = Readonly<Record<string, string>>;

/** What to synthesise. */
export interface SynthOptions {
  readonly stackName: string;
  /** Settings, as for `-c`. */
  readonly context: Readonly<Record<string, string>>;
  readonly environment: CdkEnvironment;
}

/**
 * Runs a command of the CDK's command line, in the project.
 *
 * @param environment in place of the caller's, whose credentials are nobody's business here
 * @throws {Error} with the output of the command, when it fails
 */
export async function cdk(args: readonly string[], environment: CdkEnvironment): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  await run('npx', ['cdk', ...args], { cwd: root, env });
}

/**
 * Runs `cdk synth`, as whoever deploys does, and reads what it wrote.
 *
 * @param folder to write to
 */
export async function synthesizeAssembly(
  folder: string,
  { context, environment, stackName }: SynthOptions,
): Promise<CdkAssembly> {
  const settings = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await cdk(['synth', '--quiet', '--output', folder, ...settings], environment);
  const read = (name: string) => readFileSync(join(folder, `${stackName}.${name}.json`), 'utf8');
  const template: StackTemplate = JSON.parse(read('template'));
  const { files }: AssetManifest = JSON.parse(read('assets'));
  const assets = Object.values(files)
    // The template is one of the files.
    .filter(({ source }) => source.packaging === 'zip')
    .flatMap(({ destinations, displayName, source }) =>
      Object.values(destinations).map(({ bucketName, objectKey }) => ({
        ...{ displayName, bucketName, objectKey },
        folder: join(folder, source.path),
      })),
    );
  return { folder, template, assets };
}

/** Has `cdk deploy` deploy another template than was synthesised. */
export function replaceTemplate(
  { folder }: CdkAssembly,
  stackName: string,
  template: StackTemplate,
): void {
  writeFileSync(join(folder, `${stackName}.template.json`), JSON.stringify(template));
}

/** A resource to leave out, or a property of one. */
export interface Omission {
  /** Logical id. */
  readonly id: string;
  /** @default - the whole resource */
  readonly property?: string;
}

/** A template without these, and without the outputs that name a resource that is left out. */
export function without(template: StackTemplate, omissions: readonly Omission[]): StackTemplate {
  const isWhole = (id: string) => omissions.some((each) => each.id === id && !each.property);
  const properties = (id: string, { Properties }: Resource) =>
    Object.entries(Properties).filter(
      ([name]) => !omissions.some((each) => each.id === id && each.property === name),
    );
  const resources = Object.entries(template.Resources)
    .filter(([id]) => !isWhole(id))
    .map(([id, resource]) => {
      const Properties = Object.fromEntries(properties(id, resource));
      return [id, { ...resource, Properties }] as const;
    });
  const outputs = Object.entries(template.Outputs).filter(
    ([, { Value }]) => typeof Value !== 'object' || !isWhole(refOf(Value)),
  );
  return {
    ...template,
    Resources: Object.fromEntries(resources),
    Outputs: Object.fromEntries(outputs),
  };
}

/** The logical id that a value is a reference to, or ''. */
function refOf(value: object | null): string {
  return value !== null && 'Ref' in value ? String(value.Ref) : '';
}
