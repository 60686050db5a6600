/**
 * S3's errors, with the status and message of each:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 *
 * @module
 */

const errorTable = {
  AccessDenied: [403, 'Access Denied'],
  BadDigest: [400, 'The Content-MD5 you specified did not match what we received.'],
  BadRequest: [400, 'Bad Request'],
  ConditionalRequestConflict: [
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  ],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size'],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  ],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidChunkSizeError: [
    403,
    'Only the last chunk is allowed to have a size less than 8192 bytes',
  ],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedTrailerError: [
    400,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  ],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ],
  MaxMessageLengthExceeded: [400, 'Your request was too big.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [status: number, message: string]>;

/** Codes whose status and message the server knows, including those that only faults return. */
export type S3ErrorCode = keyof typeof errorTable;

/** Details of an error besides its code. */
export interface S3ErrorDetail {
  /** @default - S3's own message for the code */
  readonly message?: string;
  /** Further elements of the XML response, such as `Key` or `Condition`. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** An error that a client receives as S3's XML error response. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  /** HTTP status. */
  readonly status: number;
  readonly code: S3ErrorCode;
  /** Further elements of the XML response. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, detail: S3ErrorDetail = {}) {
    const [status, message] = errorTable[code];
    super(detail.message ?? message);
    this.status = status;
    this.code = code;
    this.fields = detail.fields ?? {};
  }
}

/** S3's message for a code, or a general one for a code that is not in the table. */
export function messageOf(code: string): string {
  const known = Object.entries(errorTable).find(([name]) => name === code);
  return known?.[1][1] ?? 'The request failed.';
}
