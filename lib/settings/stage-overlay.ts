import { show } from './setting-forms.ts';

type Context = Readonly<Record<string, unknown>>;

/** Context with the settings of one environment over those of all, or what is wrong with it. */
export interface EnvironmentContext {
  readonly context: Context;
  readonly problems: readonly string[];
}

/**
 * Puts the settings of the environment that `env` names, an object in `environments`, over the others of
 * the context. Both keys are gone from what is returned.
 */
export function applyEnvironment(context: Context): EnvironmentContext {
  const { env, environments = {}, ...base } = context;
  if (!isTable(environments)) {
    const wanted = 'be an object with an object of settings for each environment';
    return { context: base, problems: [`environments must ${wanted}, got ${show(environments)}`] };
  }
  if (env === undefined) return { context: base, problems: [] };
  const names = Object.keys(environments);
  const own = names.find((name) => name === env);
  if (own !== undefined) return { context: { ...base, ...environments[own] }, problems: [] };
  const wanted =
    names.length === 0
      ? 'name an environment, and environments has none'
      : `be one of ${names.map(show).join(', ')}, the environments that there are`;
  return { context: base, problems: [`env must ${wanted}, got ${show(env)}`] };
}

function isTable(value: unknown): value is Readonly<Record<string, Context>> {
  return isObject(value) && Object.values(value).every(isObject);
}

function isObject(value: unknown): value is Context {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
