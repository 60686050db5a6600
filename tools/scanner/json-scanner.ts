// AssemblyScript, a language with TypeScript's syntax. `npm run build:scanner` compiles this file to
// lambda/core/record/json-scanner-wasm.ts. Its only caller is lambda/core/record/json-scanner.ts.
//
// The text starts at address 0. A sentinel follows it, which ends any token that it interrupts, and then the stack
// of open containers: one byte each, the closing bracket. Functions take a start address, and return the address after
// the token that they read, or INVALID.

const TAB: u8 = 0x09;
const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;
const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const PLUS: u8 = 0x2b;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const SLASH: u8 = 0x2f;
const ZERO: u8 = 0x30;
const COLON: u8 = 0x3a;
const OPEN_LIST: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const CLOSE_LIST: u8 = 0x5d;
const LETTER_A: u8 = 0x61;
const LETTER_B: u8 = 0x62;
const LETTER_E: u8 = 0x65;
const LETTER_F: u8 = 0x66;
const LETTER_N: u8 = 0x6e;
const LETTER_R: u8 = 0x72;
const LETTER_T: u8 = 0x74;
const LETTER_U: u8 = 0x75;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;

/** `true`, `alse` and `null` as one number each: the first byte is the lowest. */
const TRUE: u32 = 0x65757274;
const ALSE: u32 = 0x65736c61;
const NULL: u32 = 0x6c6c756e;

/** Bytes that are scanned in one step. */
const BLOCK: usize = 16;

const INVALID: usize = 0;

// Results of `scan`; jsonVerdict in json-scanner.ts names them.
const NOT_JSON: i32 = 0;
const JSON_TEXT: i32 = 1;
const JSON_IF_UTF8: i32 = 2;
const ALTERED: i32 = 4;

/** ALTERED once a line break has become a space. */
let altered: i32 = 0;
/** Not 0 once a string contained a byte over 0x7f, which only strings may contain. */
let beyondAscii: i32 = 0;

/** Checks whether the `length` bytes at address 0 are one JSON text. */
export function scan(length: i32): i32 {
  const end = <usize>length;
  const bottom = end + 1;
  let top = bottom;
  let closing: u8 = 0;
  let nameIsDue = false;
  let at: usize = 0;
  altered = 0;
  beyondAscii = 0;
  store<u8>(end, 0);
  while (true) {
    at = skipSpace(at);
    const byte = load<u8>(at);
    if (byte === QUOTE) {
      at = scanString(at + 1);
      if (at === INVALID) return NOT_JSON;
      if (nameIsDue) {
        at = skipSpace(at);
        if (load<u8>(at++) !== COLON) return NOT_JSON;
        nameIsDue = false;
        continue;
      }
    } else if (nameIsDue) {
      return NOT_JSON;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      store<u8>(top++, closing);
      closing = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST;
      at = skipSpace(at + 1);
      if (load<u8>(at) !== closing) {
        nameIsDue = closing === CLOSE_OBJECT;
        continue;
      }
    } else {
      at = scanScalar(at);
      if (at === INVALID) return NOT_JSON;
    }
    // A value has ended, or the container at `at` is about to end: close every container that ends here.
    while (true) {
      at = skipSpace(at);
      if (top === bottom) {
        if (at !== end) return NOT_JSON;
        return altered | (beyondAscii === 0 ? JSON_TEXT : JSON_IF_UTF8);
      }
      const next = load<u8>(at++);
      if (next === COMMA) {
        nameIsDue = closing === CLOSE_OBJECT;
        break;
      }
      if (next !== closing) return NOT_JSON;
      closing = load<u8>(--top);
    }
  }
}

/** Skips white space, and replaces line breaks by spaces. */
function skipSpace(at: usize): usize {
  let byte = load<u8>(at);
  while (byte <= SPACE) {
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      store<u8>(at, SPACE);
      altered = ALTERED;
    } else if (byte !== SPACE && byte !== TAB) return at;
    byte = load<u8>(++at);
  }
  return at;
}

/** The rest of a string whose opening quote has been read. */
function scanString(at: usize): usize {
  while (true) {
    const block = v128.load(at);
    const ends = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(block, i8x16.splat(QUOTE)), i8x16.eq(block, i8x16.splat(BACKSLASH))),
        i8x16.lt_u(block, i8x16.splat(SPACE)),
      ),
    );
    if (ends === 0) {
      beyondAscii |= i8x16.bitmask(block);
      at += BLOCK;
      continue;
    }
    // The bits below the lowest 1 in `ends` are the bytes before the first that is not plain.
    beyondAscii |= i8x16.bitmask(block) & (ends - 1) & ~ends;
    at += ctz(ends);
    const byte = load<u8>(at++);
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH) return INVALID;
    at = scanEscape(at);
    if (at === INVALID) return INVALID;
  }
}

function scanEscape(at: usize): usize {
  switch (load<u8>(at++)) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
    case LETTER_B:
    case LETTER_F:
    case LETTER_N:
    case LETTER_R:
    case LETTER_T:
      return at;
    case LETTER_U: {
      for (const after = at + 4; at < after; at++) {
        if (!isHexDigit(load<u8>(at))) return INVALID;
      }
      return at;
    }
    default:
      return INVALID;
  }
}

function isHexDigit(byte: u8): bool {
  // A lower-case letter is its capital with bit 0x20 set.
  return <u8>(byte - ZERO) < 10 || <u8>((byte | 0x20) - LETTER_A) < 6;
}

function scanScalar(at: usize): usize {
  switch (load<u8>(at)) {
    case LETTER_T:
      return load<u32>(at) === TRUE ? at + 4 : INVALID;
    case LETTER_F:
      return load<u32>(at + 1) === ALSE ? at + 5 : INVALID;
    case LETTER_N:
      return load<u32>(at) === NULL ? at + 4 : INVALID;
    default:
      return scanNumber(at);
  }
}

function scanNumber(at: usize): usize {
  if (load<u8>(at) === MINUS) at++;
  at = load<u8>(at) === ZERO ? at + 1 : scanDigits(at);
  if (at !== INVALID && load<u8>(at) === POINT) at = scanDigits(at + 1);
  if (at !== INVALID && (load<u8>(at) | 0x20) === LETTER_E) {
    const sign = load<u8>(at + 1);
    at = scanDigits(sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** Reads one or more digits. */
function scanDigits(start: usize): usize {
  let at = start;
  while (true) {
    const digits = i8x16.sub(v128.load(at), i8x16.splat(ZERO));
    const others = i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9)));
    if (others !== 0) {
      at += ctz(others);
      return at === start ? INVALID : at;
    }
    at += BLOCK;
  }
}
