import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { ArchiveStack } from '../../../lib/archive-stack.ts';
import { parseSettings } from '../../../lib/settings/settings.ts';
import { limits } from './limits.ts';

/** CloudFormation resources. */
export interface StackSize {
  readonly stack: number;
  /** Of each topic, on average: policies of the role are for several. */
  readonly topic: number;
}

const clusterArn =
  'arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3';

/** Synthesises the stack with one topic and with as many as it takes, and counts. */
export function measureStackSize(): StackSize {
  const most = limits.topics.most;
  const [one, all] = [resourcesWith(1), resourcesWith(most)];
  const topic = (all - one) / (most - 1);
  return { stack: one - topic, topic };
}

function resourcesWith(topics: number): number {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  try {
    const cdkJson = readFileSync(join(import.meta.dirname, '../../../cdk.json'), 'utf8');
    const { context } = JSON.parse(cdkJson);
    const app = new App({ outdir, context, builtinCloudFormationValidation: false });
    const names = Array.from({ length: topics }, (_, index) => `topic-${index}`);
    // Said, so that the synth does not warn of it.
    const networkHas = 'brokers, s3, services';
    const given = { clusterArn, networkHas, topics: names };
    const settings = parseSettings(given, { now: new Date() });
    const stack = new ArchiveStack(app, settings.stackName, { settings });
    const { template } = app.synth().getStackByName(stack.stackName);
    return Object.keys(template.Resources).length;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
