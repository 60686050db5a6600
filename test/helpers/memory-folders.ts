import type {
  CallOptions,
  FolderListing,
  FolderPage,
  FolderQuery,
} from '../../lambda/core/ports.ts';

/** A bucket in memory that lists its keys by folder as S3 does, in pages of a size. */
export class MemoryFolders implements FolderListing {
  readonly queries: FolderQuery[] = [];
  readonly options: CallOptions[] = [];
  readonly #keys: readonly string[];
  readonly #pageSize: number;

  constructor(keys: readonly string[], pageSize = 1000) {
    this.#keys = [...keys].sort();
    this.#pageSize = pageSize;
  }

  async list(query: FolderQuery, options: CallOptions): Promise<FolderPage> {
    this.queries.push(query);
    this.options.push(options);
    const { continuation, prefix, startAfter = '' } = query;
    const names = this.#keys
      .filter((key) => key.startsWith(prefix) && key > startAfter)
      .map((key) => /^[^/]*\/?/.exec(key.slice(prefix.length))?.[0] ?? '')
      .map((name) => `${prefix}${name}`);
    const left = [...new Set(names)].filter((name) => name > (continuation ?? ''));
    const page = left.slice(0, this.#pageSize);
    return {
      folders: page.filter((name) => name.endsWith('/')),
      hasObjects: page.some((name) => !name.endsWith('/')),
      next: left.length > page.length ? page.at(-1) : undefined,
    };
  }
}
