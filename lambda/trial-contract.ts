/**
 * What construct and trial function share. It is not in `contract.ts`, so that the bundles of the other
 * functions stay as they are, byte for byte.
 *
 * @module
 */

/** Environment variables of the trial function, besides those that Lambda sets itself. */
export const trialEnvironmentNames = {
  /** `host:port` of the trial cluster, with commas between. */
  bootstrapServers: 'BOOTSTRAP_SERVERS',
} as const;
