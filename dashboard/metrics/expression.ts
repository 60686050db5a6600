import { DashboardError } from '../errors.ts';

/** A metric math expression, taken apart. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** The id of a metric beside it. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

/** Operators, those that bind least first. */
const levels = [
  ['OR', '||'],
  ['AND', '&&'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/'],
] as const;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|([A-Za-z_]\w*)|(&&|\|\||[=!<>]=|[-+*/<>(),]))/y;

interface Token {
  readonly kind: 'number' | 'text' | 'word' | 'sign';
  readonly text: string;
}

/**
 * Takes a metric math expression apart.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws {DashboardError} where it is none that is known here
 */
export function parseExpression(text: string): Expression {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  parse(): Expression {
    const whole = this.#binary(0);
    if (this.#peek() !== undefined) throw this.#unexpected();
    return whole;
  }

  #binary(level: number): Expression {
    const operators: readonly string[] | undefined = levels[level];
    if (operators === undefined) return this.#operand();
    let left = this.#binary(level + 1);
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      const operator = token.text;
      if (token.kind === 'text' || !operators.includes(operator)) break;
      this.#next += 1;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #operand(): Expression {
    const token = this.#peek();
    if (token === undefined) throw this.#unexpected();
    this.#next += 1;
    const { kind, text } = token;
    if (kind === 'number') return { kind, value: Number(text) };
    if (kind === 'text') return { kind, value: text };
    if (kind === 'word') {
      return this.#accepts('(')
        ? { kind: 'call', name: text, args: this.#args() }
        : { kind: 'name', name: text };
    }
    if (text !== '(') throw this.#unexpected(-1);
    const inner = this.#binary(0);
    this.#expect(')');
    return inner;
  }

  #args(): readonly Expression[] {
    const args: Expression[] = [];
    if (this.#accepts(')')) return args;
    do args.push(this.#binary(0));
    while (this.#accepts(','));
    this.#expect(')');
    return args;
  }

  #accepts(sign: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#accepts(sign)) throw this.#unexpected();
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #unexpected(offset = 0): DashboardError {
    const token = this.#tokens[this.#next + offset];
    const what = token === undefined ? 'its end' : `'${token.text}'`;
    return new DashboardError(`cannot read the expression ${this.#text}: ${what} is unexpected`);
  }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) {
      throw new DashboardError(
        `cannot read the expression ${text}: '${text.slice(start)}' is unknown`,
      );
    }
    const [, number, quoted, word, sign = ''] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}
