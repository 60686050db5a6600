import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findParameterMistakes, type ParameterMistake } from './call-parameters.ts';
import { configurations, trialTemplate, uncheckedTemplate } from './configurations.ts';
import type { TemplateJson } from './template-update.ts';

/** The first time, botocore is installed. */
const TIMEOUT_MS = 600_000;

const TRIAL = 'trial-cluster';
const PLANTED = 'planted';
const names = [...Object.keys(configurations), TRIAL];

let mistakes: readonly ParameterMistake[];

/** Mistakes of each kind, in resources of a real template. */
function planted({ Resources, ...rest }: TemplateJson): TemplateJson {
  const changes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    ArchiveBucket: { Versions: 'Enabled' },
    FailedBatchBucket: { VersioningConfiguration: { Status: 'On' } },
    ArchiveFunction2AEC8AC5: { Timeout: '2m', Description: 'd'.repeat(257) },
    KafkaTriggerMappingorders: { BatchSize: 10_001, StartingPosition: 'EARLIEST' },
    FailedBatchesReplayQueueF336E480: { Colour: 'red' },
    ReplayFunction357550B6: { Architectures: ['arm32'] },
  };
  const changed = Object.entries(changes).map(([prefix, properties]) => {
    const [id, resource] =
      Object.entries(Resources).find(([each]) => each.startsWith(prefix)) ?? [];
    if (id === undefined || resource === undefined) throw new Error(`no resource ${prefix}`);
    return [prefix, { ...resource, Properties: { ...resource.Properties, ...properties } }];
  });
  const unknown = { Type: 'AWS::Kinesis::Stream', Properties: {} };
  return { ...rest, Resources: { ...Object.fromEntries(changed), Unknown: unknown } };
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parameters-'));
  const newFolder = () => mkdtempSync(join(folder, 'app-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const templates = new Map(
    Object.entries(configurations).map(([name, settings]) => [
      name,
      uncheckedTemplate(settings, newFolder()),
    ]),
  );
  templates.set(TRIAL, trialTemplate(newFolder()));
  templates.set(PLANTED, planted(uncheckedTemplate({}, newFolder())));
  mistakes = await findParameterMistakes(templates);
}, TIMEOUT_MS);

const mistakesOf = (name: string): string[] =>
  mistakes
    .filter(({ template }) => template === name)
    .map(({ id, message }) => `${id}: ${message}`);

describe("the services' models", () => {
  it.each(names)('allow every parameter of %s', (name) => {
    expect(mistakesOf(name)).toEqual([]);
  });

  it('find planted mistakes of each kind', () => {
    const found = mistakesOf(PLANTED).map((mistake) =>
      mistake.replace(/, must be one of.*|, valid.*/, ''),
    );

    expect(found).toEqual([
      'ArchiveBucket: CreateBucket: Unknown parameter in input: "Versions"',
      "FailedBatchBucket: PutBucketVersioning: .VersioningConfiguration.Status is 'On', not one of Enabled, Suspended",
      "ArchiveFunction2AEC8AC5: CreateFunction: Invalid type for parameter Timeout, value: 2m, type: <class 'str'>",
      'ArchiveFunction2AEC8AC5: CreateFunction: .Description has 257, more than 256',
      'KafkaTriggerMappingorders: CreateEventSourceMapping: .BatchSize has 10001, more than 10000',
      "KafkaTriggerMappingorders: CreateEventSourceMapping: .StartingPosition is 'EARLIEST', not one of TRIM_HORIZON, LATEST, AT_TIMESTAMP",
      'FailedBatchesReplayQueueF336E480: CreateQueue: Unknown parameter in input: "Colour"',
      "ReplayFunction357550B6: CreateFunction: .Architectures[0] is 'arm32', not one of x86_64, arm64",
      'Unknown: no call is known for AWS::Kinesis::Stream',
    ]);
  });
});
