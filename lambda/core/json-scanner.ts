const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LETTER_E = 0x65;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** 1 for the bytes at which a stretch of plain string bytes ends: a quote, a backslash, a control. */
const endsPlain = new Uint8Array(256).map((_, byte) =>
  byte < SPACE || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
const isEscapable = flags('"\\/bfnrt');
const isHexDigit = flags('0123456789abcdefABCDEF');

/** Stands for an index where the bytes are no JSON. */
const INVALID = -1;

/** The bit of a byte that is not ASCII. */
const MAY_BE_BEYOND_ASCII = 0x80;

/** Open containers that one number of the stack holds, a bit each. */
const BITS = 30;

/** What {@link scanJson} finds. */
export const jsonVerdict = {
  notJson: 0,
  json: 1,
  /** JSON where the bytes are valid UTF-8, which was not looked at. */
  jsonIfUtf8: 2,
} as const;
export type JsonVerdict = (typeof jsonVerdict)[keyof typeof jsonVerdict];

/**
 * Says whether `bytes` from `start` up to `end` are one JSON text (RFC 8259), building nothing: it
 * takes what `JSON.parse` takes and nothing else. It does not recurse, so any depth will do.
 *
 * Line breaks between tokens become spaces as it goes, so that the text fits on one line; where it is
 * not JSON the bytes may have been altered so. It overwrites the byte at `end`, which must exist: a
 * sentinel there spares a bound check at each byte.
 */
export function scanJson(bytes: Uint8Array, start: number, end: number): JsonVerdict {
  bytes[end] = 0;
  // The open containers, innermost in the lowest bit of `kinds`: 1 an object, 0 a list.
  let depth = 0;
  let kinds = 0;
  const outer: number[] = [];
  let nameIsDue = false;
  // OR of the bytes in strings, the only place for those over 0x7f.
  let seen = 0;
  let at = start;
  for (;;) {
    at = skipSpace(bytes, at);
    const byte = bytes[at++];
    if (byte === QUOTE) {
      let inside = bytes[at++] as number;
      while (endsPlain[inside] === 0) {
        seen |= inside;
        inside = bytes[at++] as number;
      }
      if (inside !== QUOTE) {
        at = scanEscapes(bytes, at - 1);
        seen = MAY_BE_BEYOND_ASCII;
      }
      if (at === INVALID) return jsonVerdict.notJson;
      if (nameIsDue) {
        at = skipSpace(bytes, at);
        if (bytes[at++] !== COLON) return jsonVerdict.notJson;
        nameIsDue = false;
        continue;
      }
    } else if (nameIsDue) {
      return jsonVerdict.notJson;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (depth > 0 && depth % BITS === 0) outer.push(kinds);
      depth += 1;
      kinds = (kinds << 1) | (byte === OPEN_OBJECT ? 1 : 0);
      at = skipSpace(bytes, at);
      // Both closing brackets are two above their opening ones.
      if (bytes[at] !== byte + 2) {
        nameIsDue = byte === OPEN_OBJECT;
        continue;
      }
    } else {
      at = scanScalar(bytes, at - 1);
      if (at === INVALID) return jsonVerdict.notJson;
    }
    // A value has ended, or the container at `at` is about to: close all that end here.
    for (;;) {
      at = skipSpace(bytes, at);
      if (depth === 0) {
        if (at !== end) return jsonVerdict.notJson;
        return seen < MAY_BE_BEYOND_ASCII ? jsonVerdict.json : jsonVerdict.jsonIfUtf8;
      }
      const isObject = (kinds & 1) === 1;
      const next = bytes[at++];
      if (next === COMMA) {
        nameIsDue = isObject;
        break;
      }
      if (next !== (isObject ? CLOSE_OBJECT : CLOSE_LIST)) return jsonVerdict.notJson;
      depth -= 1;
      kinds = depth > 0 && depth % BITS === 0 ? (outer.pop() as number) : kinds >>> 1;
    }
  }
}

// Each function below takes the index to start at and returns the one after what it read.

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  let byte = bytes[at] as number;
  while (byte <= SPACE) {
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) bytes[at] = SPACE;
    else if (byte !== SPACE && byte !== TAB) return at;
    byte = bytes[++at] as number;
  }
  return at;
}

/** The rest of a string from a byte that is not plain: escapes, or what has no place in a string. */
function scanEscapes(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at++] as number;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) {
      const escaped = bytes[at++] as number;
      if (escaped === LETTER_U) {
        for (const after = at + 4; at < after; at++) {
          if (isHexDigit[bytes[at] as number] === 0) return INVALID;
        }
      } else if (isEscapable[escaped] === 0) return INVALID;
    } else if (endsPlain[byte] === 1) return INVALID;
  }
}

function scanScalar(bytes: Uint8Array, start: number): number {
  switch (bytes[start]) {
    case LETTER_T:
      return scanWord(bytes, start, 'true');
    case LETTER_F:
      return scanWord(bytes, start, 'false');
    case LETTER_N:
      return scanWord(bytes, start, 'null');
    default:
      return scanNumber(bytes, start);
  }
}

function scanWord(bytes: Uint8Array, start: number, word: string): number {
  for (let i = 1; i < word.length; i++) {
    if (bytes[start + i] !== word.charCodeAt(i)) return INVALID;
  }
  return start + word.length;
}

function scanNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : scanDigits(bytes, at);
  if (at !== INVALID && bytes[at] === POINT) at = scanDigits(bytes, at + 1);
  // A lower-case letter is its capital with bit 0x20 set.
  if (at !== INVALID && ((bytes[at] as number) | 0x20) === LETTER_E) {
    const sign = bytes[at + 1];
    at = scanDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** One digit or more. */
function scanDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return at === start ? INVALID : at;
    at++;
  }
}

function flags(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
