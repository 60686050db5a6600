import { createFolderSource } from '../../../cli/archive/folder-source.ts';
import type { Criteria } from '../../../cli/find/criteria.ts';
import { searchArchive } from '../../../cli/find/find.ts';
import type { Wanted } from './objects.ts';

/** Finds a record as `kafka-archive find --offset` does. @returns the number of records */
export function findByOffset(root: string, { offset, partition, topic }: Wanted): Promise<number> {
  return find(root, { topic, places: [{ partition, offset }] });
}

/** Finds a record as `kafka-archive find --key` does, in all objects. @returns the number of records */
export function findByKey(root: string, { key, topic }: Wanted): Promise<number> {
  return find(root, { topic, places: [], key });
}

async function find(
  root: string,
  criteria: Pick<Criteria, 'key' | 'places' | 'topic'>,
): Promise<number> {
  const { signal } = new AbortController();
  const source = createFolderSource(root, { signal, sizes: false });
  const search = {
    criteria: { range: {}, headers: [], conditions: [], ...criteria },
    ...{ prefix: undefined, partitions: undefined, followDuplicates: false, limit: undefined },
  };
  const quiet = { source, progress: () => undefined, printError: () => undefined };
  const counts = { listed: 0, read: 0, duplicates: 0 };
  let found = 0;
  for await (const _ of searchArchive(search, quiet, counts)) found += 1;
  return found;
}
