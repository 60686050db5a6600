/**
 * Replaces `node:process` in the bundles, with the exports that the SDK uses. An import of the module itself reads all
 * its exports, and so opens standard input and loads Node's diagnostic report at every cold start.
 *
 * @module
 */

/** The environment, and the versions of Node and of its parts. */
export const { env, versions } = process;
