import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';
import { CFN_LINT } from './template-checkers.ts';

/** The part of a CloudFormation registry schema that decides whether an update replaces a resource. */
interface ResourceSchema {
  readonly createOnlyProperties?: readonly string[];
  /** CloudFormation replaces the resource for some changes of these, which the schema does not specify. */
  readonly conditionalCreateOnlyProperties?: readonly string[];
}

/**
 * Returns the create-only properties of a resource type, conditional ones included, each as the path below
 * `Properties`. A change of one replaces the resource. A custom resource has none: its function decides.
 *
 * @throws {Error} if CloudFormation has no such type
 */
export type CreateOnly = (type: string) => readonly (readonly string[])[];

/**
 * Reads CloudFormation's registry schemas of a region, which cfn-lint brings along; installs it the first time.
 *
 * @throws {ArchiverError} if cfn-lint cannot be installed
 */
export async function loadCreateOnly(region = 'eu-west-1'): Promise<CreateOnly> {
  const environment = dirname(await providePythonPackage(CFN_LINT));
  const [schemas] = globSync('lib/python3*/site-packages/cfnlint/data/schemas', {
    cwd: environment,
  });
  if (schemas === undefined) throw new Error(`no schemas in ${CFN_LINT}`);
  const read = (file: string) => JSON.parse(readFileSync(join(environment, schemas, file), 'utf8'));
  const files: Readonly<Record<string, string>> = read(`providers/${region}.json`);
  return (type) => {
    if (type.startsWith('Custom::')) return [];
    const file = files[type];
    if (file === undefined) throw new Error(`CloudFormation has no schema of ${type}`);
    const schema: ResourceSchema = read(`resources/${file}.json`);
    const { createOnlyProperties = [], conditionalCreateOnlyProperties = [] } = schema;
    return [...createOnlyProperties, ...conditionalCreateOnlyProperties].map((pointer) =>
      pointer.replace(/^\/properties\//, '').split('/'),
    );
  };
}
