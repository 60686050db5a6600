import type { Template } from '../../../dashboard/definition/definition.ts';
import { synthesize } from '../../../dashboard/definition/synthesize.ts';
import { parse } from '../../lib/settings-fixture.ts';

/** The template of a stack with every kind of alarm. */
export function stackTemplate(): Template {
  return synthesize(parse({ topics: 'orders, payments', expectedTrafficMinutes: 15 }));
}

/** The template, with a change of the properties of its resources of a type. */
export function changed(
  template: Template,
  type: string,
  change: (properties: Record<string, unknown>) => Record<string, unknown>,
): Template {
  const resources = Object.entries(template.Resources).map(([id, resource]) => {
    const { Properties = {}, Type } = resource;
    return [
      id,
      Type === type ? { Type, Properties: change(Object(Properties)) } : resource,
    ] as const;
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}
