import { Buffer } from 'node:buffer';

/** How a value is to be embedded: null if it is not, and else its text on one line with what its line breaks were. */
export type Embedding = { readonly text: string; readonly lineBreak: 'lf' | 'crlf' | null } | null;

/**
 * The documented rule of which values are embedded in a record line, without regard to speed: it knows JSON from
 * `JSON.parse`, and then looks at the tokens.
 */
export function embeddingOf(bytes: Uint8Array): Embedding {
  const text = parsedText(bytes);
  if (text === null) return null;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  const names: Set<string>[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token === '{' || token === '[') names.push(new Set());
    else if (token === '}' || token === ']') names.pop();
    else if (token.startsWith('"')) {
      const string: string = JSON.parse(token);
      if (!string.isWellFormed()) return null;
      if (tokens[index + 1] !== ':') continue;
      if (Buffer.byteLength(token) - '""'.length > 10_000) return null;
      const name = string.toLowerCase();
      if (names.at(-1)?.has(name)) return null;
      names.at(-1)?.add(name);
    } else if (/^[-\d]/.test(token) && !isReadableNumber(token)) return null;
    if (names.length > 100) return null;
  }
  return onOneLine(text);
}

function parsedText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}

/** Whether a number is short enough, fits 64 bits before its point, and is below 1e308, whatever its sign. */
function isReadableNumber(token: string): boolean {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(token) ?? [];
  if (token.length > 300 || exponent.replace(/[-+]/, '').length > 4) return false;
  if (BigInt(whole) > (sign === '' ? 2n ** 64n - 1n : 2n ** 63n)) return false;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return true;
  const power = BigInt(exponent) - BigInt(fraction.length);
  return power + BigInt(String(digits).length) - 1n < 308n;
}

function onOneLine(text: string): Embedding {
  const has = { tab: text.includes('\t'), break: /[\r\n]/.test(text) };
  if (!has.break) return { text, lineBreak: null };
  if (has.tab) return null;
  const isCrlf = !/[\r\n]/.test(text.replaceAll('\r\n', ''));
  if (isCrlf) return { text: text.replaceAll('\r\n', '\t'), lineBreak: 'crlf' };
  return text.includes('\r') ? null : { text: text.replaceAll('\n', '\t'), lineBreak: 'lf' };
}

/** The rule for text. */
export function embeddingOfText(text: string): Embedding {
  return embeddingOf(Buffer.from(text));
}
