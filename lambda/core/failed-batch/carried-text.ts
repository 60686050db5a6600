/**
 * Most characters of one value of object metadata: it holds 2 KB in all, of which the longest names of
 * topics and what else an object carries take some 700, and two of these the rest.
 */
export const MAX_METADATA_CHARACTERS = 600;

/** Most characters of a message attribute: far below what a message may have. */
const MAX_ATTRIBUTE_CHARACTERS = 10_000;

/**
 * Text as object metadata can carry it: what is not visible ASCII is percent-encoded, and what is too
 * long is cut. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function toMetadataText(text: string): string {
  const encoded = text
    .toWellFormed()
    .replaceAll(/[^!-~]/gu, (character) => encodeURIComponent(character));
  return encoded.slice(0, MAX_METADATA_CHARACTERS);
}

/**
 * Text as a message attribute can carry it: without control characters, and cut where too long.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function toAttributeText(text: string): string {
  const allowed = text.replaceAll(
    /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu,
    ' ',
  );
  return allowed.slice(0, MAX_ATTRIBUTE_CHARACTERS).toWellFormed();
}
