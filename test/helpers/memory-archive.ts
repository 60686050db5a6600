import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource, ListedObject } from '../../lambda/core/object/archive-source.ts';
import type { CallOptions, StorableObject } from '../../lambda/core/ports.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import { type AllArchiveSettings, archiveParts } from './archive-parts.ts';
import { mskEvent, mskRecord } from './kafka-events.ts';
import type { MemoryBroker } from './memory-broker.ts';

/** An archive bucket in memory, in pages of a size, into which the archive's own delivery stores records. */
export class MemoryArchive implements ArchiveSource {
  readonly name = "'archive'";
  /** By key, as the delivery stored them; tests may add, change and delete objects. */
  readonly objects: Map<string, StorableObject>;
  /** Prefixes that were listed and keys that were read, in order. */
  readonly prefixesListed: string[] = [];
  readonly keysRead: string[] = [];
  /** Called before each listing: what happens meanwhile. */
  whileListing: () => Promise<void> = async () => undefined;
  /** The failure of the next reads, if any. */
  failure: ArchiverError | undefined;
  readonly #parts: ReturnType<typeof archiveParts>;
  readonly #pageSize: number;

  constructor(settings: Partial<AllArchiveSettings> = {}, pageSize = 3) {
    this.#parts = archiveParts(settings);
    this.objects = this.#parts.store.objects;
    this.#pageSize = pageSize;
  }

  /** Stores the broker's committed records with offsets from `from` to below `to` as one batch. */
  async store(
    broker: MemoryBroker,
    partition: number,
    {
      from = 0,
      to = Number.POSITIVE_INFINITY,
    }: { readonly from?: number; readonly to?: number } = {},
  ): Promise<void> {
    const records = broker.committedRecords(partition, from).filter(({ offset }) => offset < to);
    await this.storeRecords(
      records.map(({ key, value, headers, ...rest }) =>
        mskRecord({
          ...{ ...rest, topic: broker.topic, key, value },
          headers: headers.map((header) => [header.name, header.value] as const),
        }),
      ),
    );
  }

  /** Stores records as one batch. */
  async storeRecords(records: readonly ReturnType<typeof mskRecord>[]): Promise<void> {
    const batch = parseBatch(mskEvent(records));
    const job = { requestId: 'request-1', functionVersion: '7', ...memoryCalls() };
    const { failures } = await createObjectDelivery(this.#parts.deps).deliver(batch, job);
    for (const { error } of failures) throw error;
  }

  async listLevel(prefix: string) {
    await this.whileListing();
    this.prefixesListed.push(prefix);
    const rests = this.#keys(prefix).map((key) => key.slice(prefix.length));
    const folders = rests.flatMap((rest) => /^[^/]*\//.exec(rest)?.[0] ?? []);
    return {
      folders: [...new Set(folders)].map((name) => `${prefix}${name}`),
      objects: rests
        .filter((rest) => !rest.includes('/'))
        .map((rest) => this.#listed(prefix + rest)),
    };
  }

  async *listAll(prefix: string): AsyncGenerator<readonly ListedObject[]> {
    await this.whileListing();
    this.prefixesListed.push(prefix);
    const keys = this.#keys(prefix);
    for (let start = 0; start < keys.length; start += this.#pageSize) {
      yield keys.slice(start, start + this.#pageSize).map((key) => this.#listed(key));
    }
  }

  async read(key: string) {
    if (this.failure !== undefined) throw this.failure;
    const object = this.objects.get(key);
    if (object === undefined) throw new ArchiverError('LOAD_FAILED', `'${key}' does not exist`);
    this.keysRead.push(key);
    return { body: object.body, versionId: undefined, metadata: object.metadata };
  }

  #keys(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #listed(key: string): ListedObject {
    return { key, bytes: this.objects.get(key)?.body.length ?? 0 };
  }
}

/** Calls that never time out. */
export function memoryCalls(): CallOptions {
  return { signal: new AbortController().signal, attemptTimeout: 1_000 };
}
