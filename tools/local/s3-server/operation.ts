/**
 * Input and output of an operation.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import type { FolderStore, ObjectTarget } from './folder-store.ts';

/** A range of an open file, to be sent and then closed. */
export interface FileSlice {
  readonly descriptor: number;
  readonly start: number;
  readonly length: number;
}

/** An HTTP response that has not been sent yet. */
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
  /** As in S3's events: hexadecimal, without quotes. */
  readonly etag: string;
}

/** A request and everything needed to execute it. */
export interface OperationContext {
  readonly store: FolderStore;
  readonly request: IncomingMessage;
  /** `key` is empty for an operation on a bucket. */
  readonly target: ObjectTarget;
  readonly query: URLSearchParams;
  readonly now: () => Date;
  readonly onObjectCreated: (object: CreatedObject) => void;
}

/** Executes a request; throws an S3Error if S3 would respond with one. */
export type Operation = (context: OperationContext) => Answer | Promise<Answer>;

/** The region that the server claims to be in. */
export const REGION = 'us-east-1';

/** A response with an XML document. */
export function xmlAnswer(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
