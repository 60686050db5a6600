import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import type { StackSettings } from '../../lib/settings/settings.ts';
import type { Template } from './definition.ts';

/** The template that would be deployed with these settings, with the feature flags of `cdk.json`. */
export function synthesize(settings: StackSettings): Template {
  const cdkJson = readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8');
  const { context }: { readonly context: Record<string, unknown> } = JSON.parse(cdkJson);
  const outdir = mkdtempSync(join(tmpdir(), 'dashboard-'));
  try {
    const app = new App({ outdir, context, builtinCloudFormationValidation: false });
    const stack = new ArchiveStack(app, settings.stackName, { settings });
    return app.synth().getStackByName(stack.stackName).template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
