import { Buffer } from 'node:buffer';
import { objectMetadataNames as names } from '../../lambda/contract.ts';
import type { StorableObject } from '../../lambda/core/ports.ts';

/** An object as it was when a put of it took effect. */
export interface StoredVersion {
  readonly body: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A bucket: puts of `If-None-Match: *` take effect one at a time, and so do heads. */
export class Bucket {
  /** All that was ever stored at a key: never more than one version, or something was overwritten. */
  readonly versions = new Map<string, StoredVersion[]>();

  put(object: StorableObject): 'created' | 'exists' {
    if (this.versions.has(object.key)) return 'exists';
    this.store(object);
    return 'created';
  }

  /** The version at a key. */
  head(key: string): StoredVersion | undefined {
    return this.versions.get(key)?.at(-1);
  }

  /** The body is copied now: until it lands, a put's bytes are still the sender's. */
  protected store({ key, body, metadata }: StorableObject): void {
    const versions = this.versions.get(key) ?? [];
    versions.push({ body: Buffer.from(body), metadata });
    this.versions.set(key, versions);
  }
}

/** The id of the invocation that stored a version. */
export function requestIdOf(version: StoredVersion | undefined): string | undefined {
  return version?.metadata[names.requestId];
}

/** `hour=10/p0.0-4_p1.7-9.1of2.jsonl`: a key, for people. */
export function shortKey(key: string): string {
  return key.replace(/^.*\/(?=hour=)/, '');
}
