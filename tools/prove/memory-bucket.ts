import { gunzipSync } from 'node:zlib';
import { objectMetadataNames } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type {
  ArchiveSource,
  ListedLevel,
  ListedObject,
  StoredObject,
} from '../../lambda/core/object/archive-source.ts';
import type { ObjectStore, StorableObject } from '../../lambda/core/ports.ts';
import { placeOf } from './facts.ts';

/** An archive bucket in memory: what functions store in, and what audits list and read. */
export class MemoryBucket implements ObjectStore, ArchiveSource {
  readonly name = "'memory'";
  readonly objects = new Map<string, StorableObject>();

  async create(object: StorableObject): Promise<'created' | 'exists'> {
    if (this.objects.has(object.key)) return 'exists';
    this.objects.set(object.key, object);
    return 'created';
  }

  async readSha256(key: string): Promise<string | undefined> {
    return this.objects.get(key)?.metadata[objectMetadataNames.sha256];
  }

  async listLevel(prefix: string): Promise<ListedLevel> {
    const names = this.#sorted(prefix).map(({ key }) => key.slice(prefix.length));
    const folders = names.flatMap((name) => /^[^/]*\//.exec(name)?.[0] ?? []);
    return {
      folders: [...new Set(folders)].map((folder) => `${prefix}${folder}`),
      objects: this.#sorted(prefix).filter(({ key }) => !key.slice(prefix.length).includes('/')),
    };
  }

  /** Lists in pages of a few, so that every audit sees several. */
  async *listAll(prefix: string): AsyncGenerator<readonly ListedObject[]> {
    const all = this.#sorted(prefix);
    for (let from = 0; from < all.length; from += PAGE) yield all.slice(from, from + PAGE);
  }

  async read(key: string): Promise<StoredObject> {
    const object = this.objects.get(key);
    if (object === undefined) throw new ArchiverError('LOAD_FAILED', `no object '${key}'`);
    return { body: object.body, metadata: object.metadata, versionId: undefined };
  }

  #sorted(prefix: string): ListedObject[] {
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { body }]) => ({ key, bytes: body.length }));
  }
}

const PAGE = 7;

/** The lines of an object, without their line feeds. */
export function linesOf({ body, key }: Pick<StorableObject, 'body' | 'key'>): string[] {
  const text = key.endsWith('.gz') ? gunzipSync(body) : body;
  return text.toString().split('\n').slice(0, -1);
}

/** The places of the records in an object, by its readable lines. */
export function placesIn(object: Pick<StorableObject, 'body' | 'key'>): Set<string> {
  const places = linesOf(object).flatMap((line) => {
    try {
      const { offset, partition } = JSON.parse(line) as { offset: number; partition: number };
      return [placeOf(partition, offset)];
    } catch {
      return [];
    }
  });
  return new Set(places);
}
