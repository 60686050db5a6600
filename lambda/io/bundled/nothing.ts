/**
 * Replaces packages that `@platformatic/kafka` imports for parts which the functions do not use: `debug`, for its own
 * log, and `avsc`, for schema registries. They would require Node's modules in a way that a bundle cannot.
 *
 * @module
 */

/** Creates a log that writes nothing, as `debug` does unless the environment names it. */
const nothing = () => (): undefined => undefined;

// biome-ignore lint/style/noDefaultExport: the client imports the default export
export { nothing as default };
