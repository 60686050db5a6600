/**
 * What the SDK imports of `node:https`, in a bundle; see `node-http.ts`.
 *
 * @module
 */
const https = process.getBuiltinModule('node:https');

// biome-ignore lint/style/noDefaultExport: the SDK imports it so
export { https as default };
