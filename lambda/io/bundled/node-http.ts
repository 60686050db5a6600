/**
 * What the SDK imports of `node:http`, in a bundle: an import of the module itself reads all that it exports, and
 * so loads the WebSocket of Node, which nobody uses, at every cold start.
 *
 * @module
 */
const http = process.getBuiltinModule('node:http');

/** `http.Agent`. */
export const Agent = http.Agent;

/** `http.request`. */
export const request = http.request;
