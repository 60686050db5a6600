import { DashboardError } from '../errors.ts';
import type { MetricId } from './metric-data.ts';

/** What a search looks for: `{Namespace,dimension,…} dimension="…" (MetricName="…" OR MetricName="…")`. */
export interface Search {
  readonly namespace: string;
  /** Names of all the dimensions that a metric has. */
  readonly schema: readonly string[];
  /** Values that dimensions must have. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Names of metrics, of which it must have one. */
  readonly names: readonly string[];
}

const SEARCH =
  /^\{([^},]+)((?:,[^},]+)*)\}((?: \w+="[^"]*")*) \((MetricName="[^"]*"(?: OR MetricName="[^"]*")*)\)$/;

/**
 * Reads the first argument of `SEARCH`, of the forms that the project's dashboard has.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 *
 * @throws {DashboardError} for any other
 */
export function parseSearch(text: string): Search {
  const [, namespace = '', schema = '', terms = '', names = ''] = SEARCH.exec(text) ?? [];
  if (namespace === '') throw new DashboardError(`unknown form of search: ${text}`);
  return {
    namespace,
    schema: schema.split(',').slice(1),
    dimensions: Object.fromEntries(
      [...terms.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    ),
    names: [...names.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name),
  };
}

/** Whether a metric is what a search looks for. */
export function isFound(metric: MetricId, search: Search): boolean {
  const own = Object.keys(metric.dimensions).sort().join();
  return (
    metric.namespace === search.namespace &&
    own === [...search.schema].sort().join() &&
    search.names.includes(metric.name) &&
    Object.entries(search.dimensions).every(([name, value]) => metric.dimensions[name] === value)
  );
}
