import { beforeAll, describe, expect, it } from 'vitest';
import { SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import type { Caller } from './calls.ts';
import {
  type ConfigurationName,
  callersOf,
  configurations,
  deploy,
  templateOf,
} from './configurations.ts';
import type { Deployment, TemplateJson } from './deployment.ts';
import { isAllowed } from './simulate.ts';

const names = Object.keys(configurations) as ConfigurationName[];
const templates = new Map<ConfigurationName, TemplateJson>();

beforeAll(() => {
  for (const name of names) templates.set(name, templateOf(name));
}, SYNTH_TIMEOUT_MS);

function templateBy(name: ConfigurationName): TemplateJson {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no template '${name}'`);
  return template;
}

/** The calls that are not decided as they must be, each as a line. */
async function wrong(deployment: Deployment, callers: readonly Caller[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { may, mayNot, name, policies, principal } of callers) {
    for (const [rows, expected] of [
      [may, true],
      [mayNot, false],
    ] as const) {
      for (const [action, resource, context = {}] of rows) {
        const call = { principal, policies, action, resource, context };
        const problem = await isAllowed(deployment, call).then(
          (allowed) => (allowed === expected ? undefined : allowed ? 'allowed' : 'denied'),
          (error: Error) => error.message,
        );
        if (problem !== undefined)
          lines.push(`${name}: ${action} on ${resource} ${JSON.stringify(context)}: ${problem}`);
      }
    }
  }
  return lines;
}

describe('every call is decided as it must be', () => {
  it.each(names)('%s', async (name) => {
    const deployment = deploy(templateBy(name));
    expect(await wrong(deployment, callersOf(name, deployment))).toEqual([]);
  });
});
