/**
 * Replaces `node:util` in the bundles, as `node-process.ts` does for `node:process`: an import would load what
 * `util` creates on demand, such as the parser of command lines.
 *
 * @module
 */

/** `util.promisify`. */
export const { promisify } = process.getBuiltinModule('node:util');
