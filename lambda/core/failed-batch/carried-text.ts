/**
 * Maximum length of one metadata value. S3 allows 2 KB of metadata for an object; the archiver's own fields
 * need about 600 bytes of it with the longest topic names, and two of these values the rest.
 */
export const MAX_METADATA_CHARACTERS = 700;

/** Maximum length of a message attribute, far below the limit for a message. */
const MAX_ATTRIBUTE_CHARACTERS = 10_000;

/**
 * Makes text fit into object metadata: percent-encodes all but visible ASCII, and cuts what is too long.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function toMetadataText(text: string): string {
  const encoded = text
    .toWellFormed()
    .replaceAll(/[^!-~]/gu, (character) => encodeURIComponent(character));
  return encoded.slice(0, MAX_METADATA_CHARACTERS);
}

/**
 * Makes text fit into a message attribute: replaces characters that SQS rejects, and cuts what is too long.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function toAttributeText(text: string): string {
  const allowed = text.replaceAll(
    /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu,
    ' ',
  );
  return allowed.slice(0, MAX_ATTRIBUTE_CHARACTERS).toWellFormed();
}
