/**
 * How the rules of a group of settings report what is wrong. A schema checks one setting; a rule checks
 * settings against each other.
 *
 * @module
 */
import type { z } from 'zod';
import { show } from './setting-forms.ts';

/** The settings of a group as the schema has read them, from the schemas of the group. */
export type SettingsOf<Group extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Group>>;

/** What a rule adds to a problem. */
export interface ProblemDetails {
  /** Why the value is refused, printed in parentheses. */
  readonly reason?: string;
  /** The value to print. @default - the value of the setting */
  readonly got?: unknown;
}

/** The settings that the rules check, and the report of what is wrong with them. */
export class SettingReport<Settings extends object> {
  /** The settings as the schema has read them. A setting that it refused can hold any value. */
  readonly given: Settings;
  readonly #refinement: z.core.$RefinementCtx;

  constructor(given: Settings, refinement: z.core.$RefinementCtx) {
    this.given = given;
    this.#refinement = refinement;
  }

  /** Returns whether nothing has been reported about these settings. */
  isSound(...names: readonly (keyof Settings)[]): boolean {
    return !this.#refinement.issues.some(({ path }) => names.some((name) => name === path?.[0]));
  }

  /** Reports that a setting must be something else: `must <allowed> (<reason>), got <got>`. */
  refuse(name: keyof Settings, allowed: string, details: ProblemDetails = {}): void {
    const reason = details.reason === undefined ? '' : ` (${details.reason})`;
    const got = 'got' in details ? details.got : this.given[name];
    this.report(name, `must ${allowed}${reason}, got ${show(got)}`);
  }

  /** Reports two settings of which at most one may be set. */
  refuseBoth(name: keyof Settings, other: keyof Settings): void {
    const { given } = this;
    const got = `got ${show(given[name])} and ${show(given[other])}`;
    this.report(name, `and ${String(other)} must not both be set, ${got}`);
  }

  /** Reports a problem of a setting: `message` continues a sentence that starts with its name. */
  report(name: keyof Settings, message: string): void {
    this.#refinement.addIssue({ code: 'custom', path: [name], message });
  }
}
