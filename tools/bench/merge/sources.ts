import { globSync } from 'node:fs';
import { parseObjectKey } from '../../../lambda/core/object/parse-object-key.ts';
import type { Source } from './reading-order.ts';

/** Lists the objects below a folder. @throws {Error} for a file with another name */
export function sourcesIn(root: string): Source[] {
  return globSync('topic=*/**/*.jsonl.gz', { cwd: root }).map((key) => {
    const runs = parseObjectKey(key)?.runs;
    if (runs === undefined) throw new Error(`'${key}' is not the key of an object`);
    return { key, runs };
  });
}
