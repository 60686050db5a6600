// AssemblyScript, a language with TypeScript's syntax. `npm run build:scanner` compiles this file to
// lambda/core/record/json-scanner-wasm.ts. Its only caller is lambda/core/record/json-scanner.ts.
//
// The caller's lines start at LINES; below them are the tables. A text is among the lines, and a sentinel follows it,
// which ends any token that it interrupts. Functions take a start address, and return the address after the token that
// they read, or INVALID: the text is no JSON, or no JSON that every reader accepts.

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
const DELETE: u8 = 0x7f;

/** `true`, `alse` and `null` as one number each: the first byte is the lowest. */
const TRUE: u32 = 0x65757274;
const ALSE: u32 = 0x65736c61;
const NULL: u32 = 0x6c6c756e;
/** A backslash and `u`. */
const ESCAPE_U: u16 = 0x755c;

/** Bytes that are scanned in one step. */
const BLOCK: usize = 16;

const INVALID: usize = 0;

/** Containers that may be nested. */
const MAX_DEPTH: i32 = 100;
/** Characters that a number may have. */
const MAX_NUMBER: usize = 300;
/** Digits that an exponent may have. */
const MAX_EXPONENT: usize = 4;
/** Digits that any 64-bit integer may have. */
const SAFE_DIGITS: usize = 18;
/** The lowest integer before a number's point, without its sign. */
const LOWEST: u64 = 1 << 63;
/** The highest integer before a number's point: all its digits except the last, and the last. */
const HIGHEST_TENTH: u64 = 1_844_674_407_370_955_161;
const HIGHEST_DIGIT: u8 = 0x35;
/** Bytes that a name may have between its quotes. */
const MAX_NAME: usize = 10_000;
/** Decimal exponents of a number's first significant digit are below this. */
const EXPONENT_LIMIT: i32 = 308;

/**
 * For each character from U+0080 to U+07FF, which have two bytes, the character that is its small letter, in two bytes;
 * 0 if it is another number of characters, of bytes, or depends on its neighbours. The caller fills this.
 */
export const SMALL_LETTERS: usize = 16;

/** For each 64 characters from U+0800 to U+FFFF, which have three bytes, 1 if all are small letters or have none. */
export const ALL_SMALL: usize = SMALL_LETTERS + 4096;

/** The four-byte characters U+1F000 to U+3FFFF have no small letters: their first byte, and their second ones. */
const PICTURES: u8 = 0xf0;
const FIRST_PICTURE: u8 = 0x9f;
const LAST_PICTURE: u8 = 0xbf;

/**
 * The names of open objects, to find those that an object repeats: slots of an object's owner number and of the
 * name's start, 4 bytes each. No text clears it, because no two objects have the same owner number.
 */
const NAMES: usize = ALL_SMALL + 1024;
const SLOT_BITS: u64 = 14;
const SLOT_MASK: u32 = (1 << <u32>SLOT_BITS) - 1;
/** Slots that are looked at for one name. */
const WINDOW: u32 = 16;

/** For each depth, the container that is open there: the owner number of an object, or LIST. 4 bytes each. */
const CONTAINERS: usize = NAMES + (8 << <usize>SLOT_BITS);
const LIST: u32 = 0;

/** An owner number counts objects, and has their depth in its lowest bits. */
const DEPTH_BITS: u32 = 7;
const DEPTH_MASK: u32 = 127;

/** Objects that are counted before the count begins anew: half of 25 bits, since the other half is for one text. */
const MOST_OBJECTS: u32 = 1 << 24;

/** Where the caller's lines start. */
export const LINES: usize = CONTAINERS + 1024;

/** Sets the bit that distinguishes a small letter from its capital, in eight bytes. */
const SMALL: u64 = 0x2020202020202020;
/** The bits that no ASCII byte has, in eight bytes. */
const BEYOND_ASCII: u64 = 0x8080808080808080;
const MIX: u64 = 0x9e3779b97f4a7c15;

// Results of `scan` are sums of these; json-scanner.ts has the same.
const REFUSED: i32 = 0;
const ACCEPTED: i32 = 1;
const IF_UTF8: i32 = 2;
const IF_NAMES_DIFFER: i32 = 4;
const LINE_FEEDS: i32 = 8;
const BOTH: i32 = 16;
/** Never in a result. */
const TABS: i32 = 32;

/** The kinds of line breaks between tokens, and TABS. */
let breaks: i32 = 0;
/** Not 0 once a string contained a byte over 0x7f, which only strings may contain. */
let beyondAscii: i32 = 0;
/** Escapes in strings so far. */
let escapes: i32 = 0;
/** Whether names may be repeated: IF_NAMES_DIFFER if this module cannot tell. */
let doubt: i32 = 0;
/** The number of the latest object of all texts. */
let objects: u32 = 1;
/** Owners below this are of earlier texts. */
let firstOwner: u32 = 0;

/** Names of objects in the text that was scanned last; the caller checks them if IF_NAMES_DIFFER. */
export let nameCount: i32 = 0;
/** End of the text that was scanned last, with its line breaks as tabs. */
export let textEnd: usize = 0;

/**
 * Checks whether the bytes from `start` to `end` are one JSON text that every reader accepts. Line breaks between
 * tokens become tabs.
 */
export function scan(start: usize, end: usize): i32 {
  let depth: i32 = 0;
  let container: u32 = LIST;
  let nameIsDue = false;
  let at = start;
  breaks = 0;
  beyondAscii = 0;
  doubt = 0;
  nameCount = 0;
  if (objects > MOST_OBJECTS) forgetNames();
  firstOwner = (objects + 1) << DEPTH_BITS;
  store<u8>(end, 0);
  while (true) {
    at = skipSpace(at);
    const byte = load<u8>(at);
    if (byte === QUOTE) {
      const first = at + 1;
      const escapesBefore = escapes;
      at = scanString(first);
      if (at === INVALID) return REFUSED;
      if (nameIsDue) {
        if (at - 1 - first > MAX_NAME) return REFUSED;
        nameCount++;
        if (escapes !== escapesBefore) doubt = IF_NAMES_DIFFER;
        if (doubt === 0 && isRepeated(first, at - 1, container)) return REFUSED;
        at = skipSpace(at);
        if (load<u8>(at++) !== COLON) return REFUSED;
        nameIsDue = false;
        continue;
      }
    } else if (nameIsDue) {
      return REFUSED;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (depth === MAX_DEPTH) return REFUSED;
      depth++;
      container = byte === OPEN_LIST ? LIST : (++objects << DEPTH_BITS) | <u32>depth;
      store<u32>(CONTAINERS + (<usize>depth << 2), container);
      at = skipSpace(at + 1);
      if (load<u8>(at) !== (byte === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT)) {
        nameIsDue = container !== LIST;
        continue;
      }
    } else {
      at = scanScalar(at);
      if (at === INVALID) return REFUSED;
    }
    // A value has ended, or the container at `at` is about to end: close every container that ends here.
    while (true) {
      at = skipSpace(at);
      if (depth === 0) {
        if (at !== end) return REFUSED;
        return verdict(start, end);
      }
      const next = load<u8>(at++);
      if (next === COMMA) {
        nameIsDue = container !== LIST;
        break;
      }
      if (next !== (container === LIST ? CLOSE_LIST : CLOSE_OBJECT)) return REFUSED;
      depth--;
      container = load<u32>(CONTAINERS + (<usize>depth << 2));
    }
  }
}

/** Makes all owner numbers available once more. */
function forgetNames(): void {
  memory.fill(NAMES, 0, LINES - NAMES);
  objects = 0;
}

function verdict(start: usize, end: usize): i32 {
  // Of the three, at most one: else it would not be known what a tab was.
  if ((breaks & (breaks - 1)) !== 0) return REFUSED;
  textEnd = breaks === BOTH ? removeReturns(start, end) : end;
  return ACCEPTED | (beyondAscii === 0 ? 0 : IF_UTF8) | doubt | (breaks & ~TABS);
}

/** Removes carriage returns, which only stand between tokens, and returns the new end. */
function removeReturns(start: usize, end: usize): usize {
  let to = start;
  for (let from = start; from < end; from++) {
    const byte = load<u8>(from);
    store<u8>(to, byte);
    if (byte !== CARRIAGE_RETURN) to++;
  }
  return to;
}

/** Skips white space: inlined, because most tokens follow one another. */
@inline
function skipSpace(at: usize): usize {
  return load<u8>(at) > SPACE ? at : skipSpaces(at);
}

/** Skips white space of which there is some, replaces line feeds by tabs, and notes what was found in `breaks`. */
function skipSpaces(at: usize): usize {
  let byte = load<u8>(at);
  while (byte <= SPACE) {
    if (byte !== SPACE) {
      if (byte === TAB) breaks |= TABS;
      else if (byte === LINE_FEED) {
        breaks |= LINE_FEEDS;
        store<u8>(at, TAB);
      } else if (byte === CARRIAGE_RETURN) {
        // Alone it ends the scan, as any byte that cannot begin a token.
        at++;
        if (load<u8>(at) !== LINE_FEED) return at - 1;
        breaks |= BOTH;
        store<u8>(at, TAB);
      } else return at;
    }
    byte = load<u8>(++at);
  }
  return at;
}

/**
 * Whether the owner, the innermost open object, has the name, in capitals or small letters. If not, it has the name
 * from now on. If that is not clear, there is doubt.
 */
function isRepeated(start: usize, end: usize, owner: u32): bool {
  let sum = <u64>(owner & DEPTH_MASK);
  let bytes: u64 = 0;
  let at = start;
  for (; at + 8 < end; at += 8) {
    const eight = load<u64>(at);
    bytes |= eight;
    sum = (sum ^ (eight | SMALL)) * MIX;
    sum ^= sum >> 32;
  }
  if (at < end) {
    const missing = <u64>(8 - (end - at)) << 3;
    const rest = load<u64>(at) << missing;
    bytes |= rest;
    sum ^= rest | (SMALL << missing);
  }
  if ((bytes & BEYOND_ASCII) !== 0) {
    sum = sumOfWideName(start, end, owner);
    if (doubt !== 0) return false;
  }
  let slot = <u32>((sum * MIX) >> (64 - SLOT_BITS));
  let free: usize = INVALID;
  for (let i: u32 = 0; i < WINDOW; i++) {
    const place = NAMES + (<usize>(slot++ & SLOT_MASK) << 3);
    const other = load<u32>(place);
    if (other < owner) {
      // An object that was closed before the owner opened: the owner would have placed the name here or before.
      if (other < firstOwner || !isOpen(other)) {
        if (free === INVALID) free = place;
        break;
      }
    } else if (other > owner) {
      // An object inside the owner, closed now.
      if (free === INVALID) free = place;
    } else if (isSameName(start, end, load<u32>(place, 4))) return true;
  }
  if (free === INVALID) doubt = IF_NAMES_DIFFER;
  else store<u64>(free, <u64>owner | (<u64>start << 32));
  return false;
}

/** A number for a name beyond ASCII, the same in capitals and small letters. If they are not clear, there is doubt. */
function sumOfWideName(start: usize, end: usize, owner: u32): u64 {
  let sum = <u64>(owner & DEPTH_MASK);
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    let unit: u64 = byte;
    if (isFirstOfTwo(byte)) {
      unit = smallLetter(at++);
      if (unit === 0) doubt = IF_NAMES_DIFFER;
    } else if (byte >= 0xe0) {
      if (!isSmall(at)) doubt = IF_NAMES_DIFFER;
    } else if (isLetter(byte)) unit |= 0x20;
    sum = (sum ^ unit) * MIX;
    sum ^= sum >> 32;
  }
  return sum;
}

/** Whether a byte is the first of a character's two. */
@inline
function isFirstOfTwo(byte: u8): bool {
  return (byte & 0xe0) === 0xc0;
}

/** The small letter of a character of two bytes; 0 if it is not clear. */
@inline
function smallLetter(at: usize): u16 {
  const character = ((<usize>load<u8>(at) & 0x1f) << 6) | (<usize>load<u8>(at, 1) & 0x3f);
  return load<u16>(SMALL_LETTERS + (character << 1));
}

/** Whether a character of three or four bytes is surely no capital. */
function isSmall(at: usize): bool {
  const first = load<u8>(at);
  const second = load<u8>(at, 1);
  if (first >= 0xf0) return first === PICTURES && second >= FIRST_PICTURE && second <= LAST_PICTURE;
  return load<u8>(ALL_SMALL + (((<usize>first & 0xf) << 6) | (<usize>second & 0x3f))) !== 0;
}

@inline
function isOpen(owner: u32): bool {
  return load<u32>(CONTAINERS + (<usize>(owner & DEPTH_MASK) << 2)) === owner;
}

/** Whether two names without doubt are the same in small letters. The other one ends with a quote. */
function isSameName(start: usize, end: usize, other: usize): bool {
  for (let at = start; at < end; at++) {
    const a = load<u8>(at);
    const b = load<u8>(other);
    if (isFirstOfTwo(a) && isFirstOfTwo(b)) {
      if (smallLetter(at++) !== smallLetter(other)) return false;
      other += 2;
    } else {
      if (a !== b && ((a ^ b) !== 0x20 || !isLetter(a))) return false;
      other++;
    }
  }
  return load<u8>(other) === QUOTE;
}

function isLetter(byte: u8): bool {
  return <u8>((byte | 0x20) - LETTER_A) < 26;
}

/** The rest of a string whose opening quote has been read. */
@inline
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
    escapes++;
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
    case LETTER_U:
      return scanCodeUnit(at);
    default:
      return INVALID;
  }
}

/** The digits after `\\u`. Half of a pair of surrogates is INVALID alone, as is the second half before the first. */
function scanCodeUnit(at: usize): usize {
  const unit = codeUnit(at);
  if (unit < 0) return INVALID;
  if ((unit & 0xf800) !== 0xd800) return at + 4;
  if (unit >= 0xdc00 || load<u16>(at + 4) !== ESCAPE_U) return INVALID;
  return (codeUnit(at + 6) & 0xfc00) === 0xdc00 ? at + 10 : INVALID;
}

/** The number that four hexadecimal digits are; -1 if they are not. */
function codeUnit(at: usize): i32 {
  let unit: i32 = 0;
  for (const after = at + 4; at < after; at++) {
    const byte = load<u8>(at);
    const digit = <u8>(byte - ZERO);
    // A small letter is its capital with bit 0x20 set.
    const letter = <u8>((byte | 0x20) - LETTER_A);
    if (digit < 10) unit = (unit << 4) | digit;
    else if (letter < 6) unit = (unit << 4) | (letter + 10);
    else return -1;
  }
  return unit;
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

function scanNumber(start: usize): usize {
  const whole = load<u8>(start) === MINUS ? start + 1 : start;
  let at = load<u8>(whole) === ZERO ? whole + 1 : scanDigits(whole);
  if (at !== INVALID && at - whole > SAFE_DIGITS && isBeyond64Bits(whole, at, start)) return INVALID;
  if (at !== INVALID && load<u8>(at) === POINT) at = scanDigits(at + 1);
  if (at !== INVALID && (load<u8>(at) | 0x20) === LETTER_E) at = scanExponent(whole, at);
  return at === INVALID || at - start > MAX_NUMBER ? INVALID : at;
}

function scanExponent(whole: usize, end: usize): usize {
  const sign = load<u8>(end + 1);
  const power = sign === PLUS || sign === MINUS ? end + 2 : end + 1;
  const after = scanDigits(power);
  if (after === INVALID || after - power > MAX_EXPONENT) return INVALID;
  const size = <i32>toNumber(power, after);
  const exponent = sign === MINUS ? -size : size;
  return isTooLarge(whole, end, exponent) ? INVALID : after;
}

/** The number that at most 19 digits are. */
function toNumber(at: usize, end: usize): u64 {
  let number: u64 = 0;
  for (; at < end; at++) number = number * 10 + load<u8>(at) - ZERO;
  return number;
}

/**
 * Whether over 18 digits, the integer part of the number at `start`, are below -2^63 or above 2^64-1: pandas refuses
 * the whole file then, even if a fraction or an exponent follows.
 */
function isBeyond64Bits(whole: usize, end: usize, start: usize): bool {
  const last = whole + SAFE_DIGITS + 1;
  const number = toNumber(whole, last);
  if (whole !== start) return end > last || number > LOWEST;
  if (end <= last) return false;
  if (end > last + 1 || number > HIGHEST_TENTH) return true;
  return number === HIGHEST_TENTH && load<u8>(last) > HIGHEST_DIGIT;
}

/** Whether the first significant digit of the number from `whole` to `end`, times ten to a power, is too large. */
function isTooLarge(whole: usize, end: usize, exponent: i32): bool {
  let point = whole;
  while (point < end && load<u8>(point) !== POINT) point++;
  for (let at = whole; at < end; at++) {
    const byte = load<u8>(at);
    if (byte === ZERO || byte === POINT) continue;
    return <i32>(point - at) - (at < point ? 1 : 0) + exponent >= EXPONENT_LIMIT;
  }
  return false;
}

/** Reads one or more digits. */
@inline
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

/** Whether a JSON string needs no escape for any of the bytes: they are printable ASCII, no quote, and no backslash. */
export function isPlain(start: usize, end: usize): bool {
  // What follows may be anything.
  v128.store(end, i8x16.splat(SPACE));
  let others = i8x16.splat(0);
  for (let at = start; at < end; at += BLOCK) {
    const block = v128.load(at);
    others = v128.or(
      others,
      v128.or(
        v128.or(i8x16.eq(block, i8x16.splat(QUOTE)), i8x16.eq(block, i8x16.splat(BACKSLASH))),
        v128.or(i8x16.lt_s(block, i8x16.splat(SPACE)), i8x16.eq(block, i8x16.splat(DELETE))),
      ),
    );
  }
  return !v128.any_true(others);
}
