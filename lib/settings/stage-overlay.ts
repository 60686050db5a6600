import { quoted, show } from './setting-forms.ts';

/** The CDK context. */
export type Context = Readonly<Record<string, unknown>>;

/** The context with the settings of one stage applied, or what is wrong with it. */
export interface StageContext {
  readonly context: Context;
  readonly problems: readonly string[];
}

/**
 * Overrides the settings of the context with those of the stage that `env` names, an object in
 * `environments`. The result has neither key.
 */
export function applyStage(context: Context): StageContext {
  const { env, environments = {}, ...base } = context;
  if (!isTable(environments)) {
    const wanted = 'be an object that has an object of settings for each stage';
    return { context: base, problems: [`environments must ${wanted}, got ${show(environments)}`] };
  }
  if (env === undefined) return { context: base, problems: [] };
  const names = Object.keys(environments);
  const own = names.find((name) => name === env);
  if (own !== undefined) return { context: { ...base, ...environments[own] }, problems: [] };
  const wanted =
    names.length === 0
      ? 'name a stage of the setting environments, which has none'
      : `be one of ${quoted(names)}, the stages in environments`;
  return { context: base, problems: [`env must ${wanted}, got ${show(env)}`] };
}

function isTable(value: unknown): value is Readonly<Record<string, Context>> {
  return isObject(value) && Object.values(value).every(isObject);
}

function isObject(value: unknown): value is Context {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
