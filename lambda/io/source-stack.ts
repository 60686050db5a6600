import { readFileSync } from 'node:fs';

/**
 * Returns a stack trace with its places in the bundle replaced by those in the sources, such as
 * `lambda/archive-handler.ts:72:30`.
 *
 * The source map is beside the bundle and read only here. With Node's own `--enable-source-maps`, each cold start would
 * read and parse it, because Node does so when it loads a module that names its map; only the mappings are decoded on
 * demand: https://github.com/nodejs/node/blob/v24.x/lib/internal/source_map/source_map_cache.js
 *
 * @param stack an error's `stack`; returned as it is if no source map is beside the bundle
 * @param bundle the URL of the bundle
 */
export function sourceStack(stack: string, bundle: string = import.meta.url): string {
  let payload: import('node:module').SourceMapPayload;
  try {
    payload = JSON.parse(readFileSync(new URL('index.mjs.map', bundle), 'utf8'));
  } catch {
    // Outside a bundle, places are those in the sources already.
    return stack;
  }
  // An import would load the module at every cold start.
  const { SourceMap } = process.getBuiltinModule('node:module');
  const map = new SourceMap(payload);
  return stack.replaceAll(/(file:\S+):(\d+):(\d+)/g, (place, url, line, column) => {
    if (url !== bundle) return place;
    const origin = map.findOrigin(Number(line), Number(column));
    // esbuild's own helpers have no source.
    if (!('fileName' in origin)) return place;
    const file = origin.fileName.replace(/^(\.\.\/)+/, '');
    return `${file}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}
