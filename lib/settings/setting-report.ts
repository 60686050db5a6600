import type { z } from 'zod';
import type { settingsSchema } from './settings-schema.ts';

/** The CDK context as it was given. */
export type Context = Readonly<Record<string, unknown>>;

/** Settings as the schema has read them. */
export type Given = z.output<typeof settingsSchema>;

/** Where problems of settings are reported. */
export type Refinement = z.core.$RefinementCtx<Given>;

/** Whether the checks of each single setting found nothing wrong with these. */
export function areSound(refinement: Refinement, ...names: (keyof Given)[]): boolean {
  return !refinement.issues.some(({ path }) => names.some((name) => name === path?.[0]));
}

/** Reports what is wrong with a setting: `message` goes on after its name. */
export function report(refinement: Refinement, setting: keyof Given, message: string): void {
  refinement.addIssue({ code: 'custom', path: [setting], message });
}
