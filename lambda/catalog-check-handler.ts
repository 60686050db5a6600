import { type CatalogLayout, STREAM_ERRORS_PREFIX } from './contract.ts';
import { findFolders } from './core/catalog/find-folders.ts';
import { uncoveredFolders } from './core/catalog/uncovered-folders.ts';
import { toArchiverError } from './core/errors.ts';
import type { CatalogTelemetry, Clock, FolderListing } from './core/ports.ts';
import { type InvocationContext, timeLeft } from './invocation.ts';

/** The parts that the catalog check works with. */
export interface CatalogCheckDeps {
  /** The first `dt` of the tables, as `YYYY-MM-DD`. */
  readonly catalogFrom: string;
  /** The layouts of the tables, of which the first is the current one. */
  readonly layouts: readonly CatalogLayout[];
  readonly listing: FolderListing;
  readonly clock: Clock;
  readonly telemetry: CatalogTelemetry;
}

const DAY_MS = 24 * 3_600_000;
/** Milliseconds after which an attempt of a call counts as lost. */
const ATTEMPT_MS = 5_000;
/** More than fifty topics of eight years need, and some minutes' work. */
const MAX_PAGES = 2_000;

/**
 * Creates the handler of the daily check, which compares the folders of the archive with what the tables cover: up to
 * tomorrow (UTC), as their projection says. Whatever the event is, it makes the same check.
 *
 * @throws {ArchiverError} `LOAD_FAILED`, `STORE_ABORTED` or `UNEXPECTED`, once it is logged
 */
export function createCatalogCheck(deps: CatalogCheckDeps) {
  const { catalogFrom: from, clock, layouts, listing, telemetry } = deps;
  return async (_event: unknown, context: InvocationContext): Promise<void> => {
    const requestId = context.awsRequestId;
    try {
      const { folders, isComplete } = await findFolders(listing, {
        ...{ maxPages: MAX_PAGES, skip: [STREAM_ERRORS_PREFIX] },
        ...{ signal: clock.timeout(timeLeft(context)), attemptTimeout: ATTEMPT_MS },
      });
      const to = new Date(clock.now() + DAY_MS).toISOString().slice(0, 10);
      const uncovered = uncoveredFolders(folders, { layouts, from, to });
      telemetry.catalogChecked({ requestId, folders: folders.length, isComplete, uncovered });
    } catch (cause) {
      const error = toArchiverError(cause);
      telemetry.catalogNotChecked(requestId, error);
      throw error;
    }
  };
}
