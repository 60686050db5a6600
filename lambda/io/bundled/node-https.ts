/**
 * Replaces `node:https` in the bundles, as `node-http.ts` does for `node:http`.
 *
 * @module
 */
const https = process.getBuiltinModule('node:https');

// biome-ignore lint/style/noDefaultExport: the SDK imports the default export
export { https as default };
