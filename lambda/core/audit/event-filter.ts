import { type Buffer, isUtf8 } from 'node:buffer';
import { type Fields, isObject } from '../is-object.ts';

/**
 * Whether Lambda delivers a record by its filter patterns. `unknown`: a pattern or the record has something whose
 * meaning to Lambda is not documented, or not known here.
 */
export type FilterVerdict = 'matches' | 'fails' | 'unknown';

/** A filter pattern of an event source mapping, such as `{"value":{"kind":["order"]}}`. */
export type FilterPattern = Readonly<Record<string, unknown>>;

/**
 * Evaluates the filter patterns of a Kafka event source mapping on a record's value: the record is delivered if it
 * matches at least one of them, or if there are none. Patterns for JSON apply to values that are JSON, patterns for text
 * to other values; where the two do not fit, or the value is not UTF-8, Lambda does not filter by the value:
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html
 *
 * The comparisons are those of https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax.
 * ASSUMED: what that page leaves open is as in the library that AWS publishes for EventBridge's patterns,
 * https://github.com/aws/event-ruler. No verdict is `fails` unless these sources say so.
 */
export function evaluateFilters(
  patterns: readonly FilterPattern[],
  value: Buffer | null,
): FilterVerdict {
  if (patterns.length === 0) return 'matches';
  if (value === null) return 'unknown';
  if (!isUtf8(value)) return 'matches';
  const text = value.toString();
  const json = parse(text);
  return any(patterns, (pattern) => {
    const { value: rule, ...others } = pattern;
    if (Object.keys(others).length > 0) return 'unknown';
    if (Array.isArray(rule)) return matchesText(rule, text, json);
    if (!isObject(rule)) return 'unknown';
    if (json === undefined) return 'matches';
    return isObject(json) ? matchesObject(rule, json) : 'unknown';
  });
}

/** @param json undefined if the text is none */
function matchesText(rule: readonly unknown[], text: string, json: unknown): FilterVerdict {
  if (json === undefined) return any(rule, (matcher) => matchesNode(matcher, text));
  // Whether text such as `42` is JSON to Lambda is not documented.
  return isObject(json) ? 'matches' : 'unknown';
}

/** Every field of the rule must match. */
function matchesObject(rule: Fields, node: Fields): FilterVerdict {
  const names = Object.keys(rule);
  if (names.length === 0) return 'unknown';
  return all(names, (name) => {
    const wanted = rule[name];
    if (name === '$or') return matchesOr(wanted, node);
    // The library joins names with dots, so that such names are ambiguous.
    const isAmbiguous = [...names, ...Object.keys(node)].some((each) => each.includes('.'));
    return isAmbiguous
      ? 'unknown'
      : matchesField(wanted, Object.hasOwn(node, name) ? node[name] : undefined);
  });
}

function matchesOr(alternatives: unknown, node: Fields): FilterVerdict {
  if (!Array.isArray(alternatives) || alternatives.length < 2) return 'unknown';
  return any(alternatives, (each) => (isObject(each) ? matchesObject(each, node) : 'unknown'));
}

/** @param node undefined if there is no such field */
function matchesField(wanted: unknown, node: unknown): FilterVerdict {
  if (Array.isArray(wanted)) return any(wanted, (matcher) => matchesNode(matcher, node));
  if (!isObject(wanted)) return 'unknown';
  // Elements of a list are matched one by one; for what is absent from one of them, no rule is documented.
  if (Array.isArray(node)) {
    const verdict = any(node, (element) => matchesField(wanted, element));
    return verdict === 'fails' && hasExists(wanted) ? 'unknown' : verdict;
  }
  return matchesObject(wanted, isObject(node) ? node : {});
}

function hasExists(rule: Fields): boolean {
  return JSON.stringify(rule).includes('"exists"');
}

/** @param node any value of a field, undefined if it has none */
function matchesNode(matcher: unknown, node: unknown): FilterVerdict {
  const leaves = leavesOf(node);
  if (isObject(matcher) && typeof matcher.exists === 'boolean' && isAlone(matcher)) {
    return verdictOf(matcher.exists === leaves.length > 0);
  }
  const compare = comparisonOf(matcher);
  return compare === undefined ? 'unknown' : any(leaves, compare);
}

/** The values of a field: those of a list are all its elements, and those of an object are not the field's own. */
function leavesOf(node: unknown): unknown[] {
  if (Array.isArray(node)) return node.flatMap(leavesOf);
  return node === undefined || isObject(node) ? [] : [node];
}

/** Compares a string, a number, a boolean or null. */
type Comparison = (leaf: unknown) => FilterVerdict;

/** Returns undefined for a matcher that is not known here. */
function comparisonOf(matcher: unknown): Comparison | undefined {
  if (Array.isArray(matcher)) return undefined;
  // As numbers: those that are written in different ways, such as 300 and 3e2, may not match for Lambda.
  if (!isObject(matcher)) return (leaf) => verdictOf(matcher === leaf);
  const [name = ''] = Object.keys(matcher);
  if (!isAlone(matcher) || !Object.hasOwn(comparisons, name)) return undefined;
  return (leaf) => (comparisons[name] as (typeof comparisons)[string])(matcher[name], leaf);
}

function isAlone(matcher: Fields): boolean {
  return Object.keys(matcher).length === 1;
}

const comparisons: Readonly<Record<string, (wanted: unknown, leaf: unknown) => FilterVerdict>> = {
  prefix: ofText((wanted, leaf) => leaf.startsWith(wanted)),
  suffix: ofText((wanted, leaf) => leaf.endsWith(wanted)),
  'equals-ignore-case': ofText(
    (wanted, leaf) =>
      leaf.toLowerCase() === wanted.toLowerCase() || leaf.toUpperCase() === wanted.toUpperCase(),
  ),
  'anything-but': (wanted, leaf) => {
    if (isObject(wanted)) return 'unknown';
    const refused = Array.isArray(wanted) ? wanted : [wanted];
    const isListed = refused.some((each) => each === leaf);
    if (!isListed) return 'matches';
    // Numbers that are equal may be written in other ways, which are not the listed one.
    return typeof leaf === 'string' ? 'fails' : 'unknown';
  },
  numeric: (wanted, leaf) => {
    if (!Array.isArray(wanted) || wanted.length === 0 || wanted.length % 2 === 1) return 'unknown';
    if (typeof leaf !== 'number') return 'fails';
    const pairs = Array.from({ length: wanted.length / 2 }, (_, pair) =>
      wanted.slice(2 * pair, 2 * pair + 2),
    );
    return all(pairs, ([operator, bound]) => compareNumbers(operator, bound, leaf));
  },
};

function ofText(holds: (wanted: string, leaf: string) => boolean) {
  return (wanted: unknown, leaf: unknown): FilterVerdict => {
    if (typeof wanted !== 'string') return 'unknown';
    return verdictOf(typeof leaf === 'string' && holds(wanted, leaf));
  };
}

/** Beyond it, and beyond 15 digits, the comparison of numbers is not exact. */
const MOST_NUMERIC = 1e9;

function compareNumbers(operator: unknown, bound: unknown, leaf: number): FilterVerdict {
  const isExact = [bound, leaf].every(
    (each) => typeof each === 'number' && Math.abs(each) <= MOST_NUMERIC,
  );
  if (!isExact) return 'unknown';
  const difference = leaf - (bound as number);
  if (operator === '=') return verdictOf(difference === 0);
  if (operator === '<') return verdictOf(difference < 0);
  if (operator === '<=') return verdictOf(difference <= 0);
  if (operator === '>') return verdictOf(difference > 0);
  if (operator === '>=') return verdictOf(difference >= 0);
  return 'unknown';
}

function verdictOf(holds: boolean): FilterVerdict {
  return holds ? 'matches' : 'fails';
}

function any<Thing>(
  things: readonly Thing[],
  judge: (thing: Thing) => FilterVerdict,
): FilterVerdict {
  const verdicts = things.map(judge);
  if (verdicts.includes('matches')) return 'matches';
  return verdicts.includes('unknown') ? 'unknown' : 'fails';
}

function all<Thing>(
  things: readonly Thing[],
  judge: (thing: Thing) => FilterVerdict,
): FilterVerdict {
  const verdicts = things.map(judge);
  if (verdicts.includes('fails')) return 'fails';
  return verdicts.includes('unknown') ? 'unknown' : 'matches';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
