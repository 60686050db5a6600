/**
 * What an operation gets and gives.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import type { FolderStore, ObjectTarget } from './folder-store.ts';

/** A stretch of an open file, to be sent and closed. */
export interface FileSlice {
  readonly descriptor: number;
  readonly start: number;
  readonly length: number;
}

/** An HTTP answer that was not sent yet. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** An XML document, or an object's bytes. */
  readonly body?: string | FileSlice;
}

/** An object that was just created. */
export interface CreatedObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** As S3's events have it: hexadecimal, without quotes. */
  readonly etag: string;
}

/** One request, with what it takes to carry it out. */
export interface OperationContext {
  readonly store: FolderStore;
  readonly request: IncomingMessage;
  /** `key` is empty where the operation is on a bucket, `bucket` too where it is on the service. */
  readonly target: ObjectTarget;
  readonly query: URLSearchParams;
  readonly now: () => Date;
  readonly onObjectCreated: (object: CreatedObject) => void;
}

/** Carries a request out; throws an S3Error where S3 answers with one. */
export type Operation = (context: OperationContext) => Answer | Promise<Answer>;

/** The one owner of everything; signatures are not checked, so nobody is told apart. */
export const OWNER_ID = '0'.repeat(64);
/** The region the server says it is in. */
export const REGION = 'us-east-1';

/** An answer with an XML document. */
export function xmlAnswer(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
