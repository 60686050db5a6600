import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { catalogMetricNames, logMessages } from '../contract.ts';
import { MOST_NAMED } from '../core/bounded-text.ts';
import type { CatalogTelemetry } from '../core/ports.ts';
import { describeError } from './telemetry.ts';

/** Writes one structured log line for each check of the catalog, and its metric in embedded metric format. */
export function createCatalogTelemetry(logger: Logger, emf: Metrics): CatalogTelemetry {
  return {
    catalogChecked({ uncovered, ...summary }) {
      // Anyone who sets a record's timestamp would keep the alarm, and hide what a setting can cover.
      const known = uncovered.filter(({ isLater }) => !isLater);
      const count = known.length + (summary.isComplete ? 0 : 1);
      emf.addMetric(catalogMetricNames.uncoveredFolders, MetricUnit.Count, count);
      emf.publishStoredMetrics();
      const more = uncovered.length - MOST_NAMED;
      const line = {
        ...{ ...summary, uncovered: uncovered.slice(0, MOST_NAMED) },
        ...(more > 0 && { moreUncovered: more }),
      };
      if (count > 0 || uncovered.length > 0) logger.warn(logMessages.catalogChecked, line);
      else logger.info(logMessages.catalogChecked, line);
    },

    catalogNotChecked: (requestId, error) =>
      logger.error(logMessages.catalogNotChecked, { requestId, ...describeError(error) }),
  };
}
