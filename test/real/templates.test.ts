import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Resource, synthesize } from '../lib/synthesize.ts';
import { type AcknowledgedFinding, acknowledgedFindings } from './acknowledged-findings.ts';
import { configurations, trialTemplate } from './configurations.ts';
import { checkTemplates, type Findings } from './template-checkers.ts';

/** The first time, both checkers are installed. */
const INSTALL_TIMEOUT_MS = 600_000;

interface TemplateJson {
  readonly Resources: Readonly<Record<string, Resource>>;
}

const TRIAL = 'trial-cluster';
const names = [...Object.keys(configurations), TRIAL];

function templateOf(name: string): object {
  if (name === TRIAL) return trialTemplate(join(folder, 'app'));
  return synthesize(configurations[name]).template.toJSON();
}

/** What nobody has acknowledged, and what is acknowledged in vain. */
function differences(found: readonly string[], acknowledged: readonly AcknowledgedFinding[]) {
  const known = acknowledged.flatMap(({ resources, rule }) =>
    resources.map((resource) => `${rule} ${resource}`),
  );
  return {
    unacknowledged: found.filter((finding) => !known.includes(finding)),
    unfounded: known.filter((finding) => !found.includes(finding)),
  };
}

let folder: string;
let findings: Findings;

function write(name: string, template: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(template));
  return file;
}

/** One bucket gets the log that it lacks, the other a property that no bucket has and a public ACL. */
function planted(): TemplateJson {
  const template: TemplateJson = { Resources: {}, ...templateOf('msk-on-demand') };
  const { ArchiveBucket, FailedBatchBucket } = template.Resources;
  if (ArchiveBucket === undefined || FailedBatchBucket === undefined) throw new Error('no buckets');
  const logging = { LoggingConfiguration: { DestinationBucketName: 'logs' } };
  const wrong = { Version: 'Enabled', AccessControl: 'PublicRead' };
  const change = (resource: Resource, properties: Readonly<Record<string, unknown>>): Resource => ({
    ...resource,
    Properties: { ...resource.Properties, ...properties },
  });
  return {
    ...template,
    Resources: {
      ...template.Resources,
      ArchiveBucket: change(ArchiveBucket, logging),
      FailedBatchBucket: change(FailedBatchBucket, wrong),
    },
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'templates-'));
  const files = names.map((name) => write(name, templateOf(name)));
  findings = await checkTemplates([...files, write('planted', planted())]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cfn-lint and checkov', () => {
  it.each(names)('find in %s what is acknowledged, and all of it', (name) => {
    const acknowledged = acknowledgedFindings.filter(
      ({ only = [name], except = [] }) => only.includes(name) && !except.includes(name),
    );

    expect(differences(findings.get(`${name}.json`) ?? [], acknowledged)).toEqual({
      unacknowledged: [],
      unfounded: [],
    });
  });

  it('are listened to: a planted mistake is told, and a reason that is none any more', () => {
    const found = findings.get('planted.json') ?? [];

    const acknowledged = acknowledgedFindings.filter(({ only }) => only === undefined);
    expect(differences(found, acknowledged)).toEqual({
      unacknowledged: [
        'CKV_AWS_20 FailedBatchBucket',
        'E3002 FailedBatchBucket',
        'W3045 FailedBatchBucket',
      ],
      unfounded: ['CKV_AWS_18 ArchiveBucket'],
    });
  });
});
