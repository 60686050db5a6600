/**
 * Replaces `node:util` in the bundles, as `node-process.ts` does for `node:process`: an import would load what
 * `util` creates on demand, such as the parser of command lines.
 *
 * @module
 */
const util = process.getBuiltinModule('node:util');

/** `util.promisify`. */
export const promisify = util.promisify;

/** `util.inspect`, for the Kafka client. */
export const inspect = util.inspect;

/** `util.isDeepStrictEqual`, for hour records. */
export const isDeepStrictEqual = util.isDeepStrictEqual;
