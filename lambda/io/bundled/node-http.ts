/**
 * Replaces `node:http` in the bundles, with the exports that the SDK uses. An import of the module itself reads
 * all its exports, and so loads Node's WebSocket, which nothing uses, at every cold start.
 *
 * @module
 */
const http = process.getBuiltinModule('node:http');

/** `http.Agent`. */
export const Agent = http.Agent;

/** `http.request`. */
export const request = http.request;
