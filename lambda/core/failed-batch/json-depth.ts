const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The bit by which `{` differs from `[`, and `}` from `]`. */
const CURLY = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * Whether JSON text opens more objects and lists inside each other than a number. Each costs its parser 50 bytes or
 * more, so that text within a size limit may still need more memory than a function has. The text may be invalid.
 */
export function isDeeperThan(depth: number, text: string): boolean {
  let open = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) {
      if (code === BACKSLASH) at++;
    } else if ((code | CURLY) === OPENING) {
      open++;
      if (open > depth) return true;
    } else if ((code | CURLY) === CLOSING) open--;
  }
  return false;
}
