import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll } from 'vitest';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import { parse } from './settings-fixture.ts';

/** The stacks of one test file; its successor in the same process gets a folder of its own. */
let folder: string | undefined;

function newFolder(prefix: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'synth-'));
  return mkdtempSync(join(folder, prefix));
}

/** Deletes what a test file has synthesised: `remove-stacks.ts` runs it after each file that shares a process. */
export function removeStacks(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

afterAll(removeStacks);

/** A synth takes seconds, and longer on a busy machine. */
export const SYNTH_TIMEOUT_MS = 300_000;

const cdkJson: { readonly context: Record<string, unknown> } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'),
);

/**
 * An empty stack with the feature flags of `cdk.json`, to test a single construct. It skips CloudFormation's
 * own rules, which take seconds to load; the tests of the whole stack run them.
 */
export function bareStack(): Stack {
  const outdir = newFolder('bare-');
  const { context } = cdkJson;
  return new Stack(new App({ outdir, context, builtinCloudFormationValidation: false }), 'Stack');
}

/** A resource in a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** One entry of the validation report. */
export interface Finding {
  readonly ruleName: string;
  readonly description: string;
}

/** A VPC that has every part, so that synth does not warn. */
const network = { networkHas: 'brokers, s3, services' };

/** The result of a synth. */
export interface Synthesis {
  readonly template: Template;
  /** The entries of the validation report: findings of cdk-nag and of CloudFormation's rules, and warnings. */
  readonly findings: readonly Finding[];
}

/** Results by the settings' JSON: the test files of a process share them. */
const syntheses = new Map<string, Synthesis>();
const templates = new Map<string, Template>();

function remembered<Result>(
  results: Map<string, Result>,
  settings: Record<string, unknown>,
  create: () => Result,
): Result {
  // Tells a setting that is cleared from one that is left out.
  const key = JSON.stringify(settings, (_, value) => (value === undefined ? '(undefined)' : value));
  const result = results.get(key) ?? create();
  results.set(key, result);
  return result;
}

/**
 * Synthesises the stack of these settings as the app does, with the feature flags of `cdk.json`, once for all tests.
 *
 * @throws the CDK's error if the validation report contains an error
 */
export function synthesize(settings: Record<string, unknown> = {}): Synthesis {
  return remembered(syntheses, settings, () => synthesizeWith(settings, () => {}));
}

/** Returns the template of these settings without validation, which takes most of a synth, once for all tests. */
export function templateOf(settings: Record<string, unknown> = {}): Template {
  return remembered(templates, settings, () =>
    Template.fromStack(new ArchiveStack(bareStack(), 'Archive', { settings: parse(settings) })),
  );
}

/**
 * Synthesises as {@link synthesize} does.
 *
 * @param change changes the stack before the synth
 */
export function synthesizeWith(
  settings: Record<string, unknown>,
  change: (stack: Stack) => void,
): Synthesis {
  const outdir = newFolder('stack-');
  const app = new App({ outdir, context: cdkJson.context, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const parsed = parse({ ...network, ...settings });
  const stack = new ArchiveStack(app, parsed.stackName, { settings: parsed });
  change(stack);
  const template = Template.fromStack(stack);
  return { template, findings: findingsOf(app) };
}

/** The resources of a type by logical id. */
export function resourcesOf(template: Template, type: string): Readonly<Record<string, Resource>> {
  const resources: Record<string, Resource> = template.toJSON().Resources;
  return Object.fromEntries(
    Object.entries(resources).filter(([, resource]) => resource.Type === type),
  );
}

/** The resource of a logical id. */
export function resourceById(template: Template, id: string): Resource {
  const resource: Resource | undefined = template.toJSON().Resources[id];
  if (resource === undefined) throw new Error(`no resource '${id}'`);
  return resource;
}

/** The one resource of a type. */
export function resourceOf(template: Template, type: string): Resource {
  const [resource, ...more] = Object.values(resourcesOf(template, type));
  if (resource === undefined || more.length > 0) throw new Error(`not exactly one ${type}`);
  return resource;
}

/** The `Properties` of the one resource of a type. */
export function propertiesOf(template: Template, type: string): Resource['Properties'] {
  return resourceOf(template, type).Properties;
}

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly Finding[] }[];
}

/** The validation report of an app that was synthesised. */
export function findingsOf(app: App): Finding[] {
  const { outdir } = app;
  const report: Report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  return report.pluginReports.flatMap(({ violations }) =>
    violations.map(({ ruleName, description }) => ({ ruleName, description })),
  );
}
