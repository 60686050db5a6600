import { DashboardError } from '../errors.ts';
import { type Expression, parseExpression } from './expression.ts';
import type { MetricData, MetricId, Points } from './metric-data.ts';
import { isFound, parseSearch } from './search.ts';

/** Values over time. */
export interface Series {
  /** The metric that it is of. @default - computed from metrics */
  readonly metric?: MetricId;
  readonly points: Points;
}

/** What an expression is evaluated over. */
export interface Surroundings {
  readonly data: MetricData;
  /** Seconds of a period. */
  readonly period: number;
  /** The metrics that it may name, by their ids. */
  readonly series: ReadonlyMap<string, Series>;
}

/** What an expression, or a part of one, comes to: a number, a text, one series, or what a search found. */
type Value = number | string | Series | readonly Series[];

/**
 * The series that a metric math expression comes to: one, or those that a search has found.
 *
 * @throws {DashboardError} for what is not known here, or is no series
 */
export function evaluate(text: string, surroundings: Surroundings): readonly Series[] {
  try {
    const value = compute(parseExpression(text), surroundings);
    return isList(value) ? value : [toSeries(value)];
  } catch (error) {
    if (!(error instanceof DashboardError) || error.message.includes(text)) throw error;
    throw new DashboardError(`cannot evaluate the expression ${text}: ${error.message}`);
  }
}

function compute(expression: Expression, surroundings: Surroundings): Value {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return expression.value;
    case 'name': {
      const series = surroundings.series.get(expression.name);
      if (series === undefined) throw new DashboardError(`no metric '${expression.name}'`);
      return series;
    }
    case 'binary': {
      const operate = operators[expression.operator];
      if (operate === undefined) throw new DashboardError(`unknown '${expression.operator}'`);
      const left = compute(expression.left, surroundings);
      return combine(left, compute(expression.right, surroundings), operate);
    }
    case 'call': {
      const call = functions[expression.name];
      if (call === undefined) throw new DashboardError(`unknown function '${expression.name}'`);
      const args = expression.args.map((each) => compute(each, surroundings));
      return call(args, surroundings);
    }
  }
}

type Operate = (left: number, right: number) => number;

const operators: Readonly<Record<string, Operate>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  '&&': (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
  '||': (left, right) => Number(left !== 0 || right !== 0),
};

/** Of two series, where both have data. */
function combine(left: Value, right: Value, operate: Operate): Value {
  if (typeof left === 'number') {
    if (typeof right === 'number') return operate(left, right);
    return mapPoints(toSeries(right), (value) => operate(left, value));
  }
  const series = toSeries(left);
  if (typeof right === 'number') return mapPoints(series, (value) => operate(value, right));
  const { points } = toSeries(right);
  return mapPoints(series, (value, at) => {
    const other = points.get(at);
    return other === undefined ? undefined : operate(value, other);
  });
}

type Call = (args: readonly Value[], surroundings: Surroundings) => Value;

const functions: Readonly<Record<string, Call>> = {
  /** The difference from the period with data before; the first has none. */
  DIFF: (args) => {
    const [given] = take(args, 1, 'DIFF');
    let before: number | undefined;
    return mapPoints(toSeries(given), (value) => {
      const difference = before === undefined ? undefined : value - before;
      before = value;
      return difference;
    });
  },

  IF: (args) => {
    const [condition, yes, no] = take(args, 3, 'IF');
    return mapPoints(toSeries(condition), (value, at) => valueAt(value === 0 ? no : yes, at));
  },

  SEARCH: (args, { data, period }) => {
    const [text, statistic] = take(args, 2, 'SEARCH');
    if (typeof text !== 'string' || typeof statistic !== 'string') {
      throw new DashboardError('SEARCH takes two texts');
    }
    const search = parseSearch(text);
    // A statistic that is not known is found out also where nothing is found.
    data.points({ namespace: '', name: '', dimensions: {} }, { period, statistic });
    return data
      .metrics()
      .filter((metric) => isFound(metric, search))
      .map((metric) => ({ metric, points: data.points(metric, { period, statistic }) }));
  },

  /** Of all series, in each period in which one has data. */
  SUM: (args) => {
    const [list] = take(args, 1, 'SUM');
    if (!isList(list)) throw new DashboardError('SUM takes a search');
    const sums = new Map<number, number>();
    for (const { points } of list) {
      for (const [at, value] of points) sums.set(at, (sums.get(at) ?? 0) + value);
    }
    return { points: new Map([...sums].sort(([a], [b]) => a - b)) };
  },
};

function take(args: readonly Value[], count: number, name: string): readonly Value[] {
  if (args.length !== count)
    throw new DashboardError(`arguments: ${name} takes ${count}, got ${args.length}`);
  return args;
}

function valueAt(value: Value | undefined, at: number): number | undefined {
  return typeof value === 'number' ? value : toSeries(value).points.get(at);
}

function isList(value: Value | undefined): value is readonly Series[] {
  return Array.isArray(value);
}

function toSeries(value: Value | undefined): Series {
  if (typeof value === 'object' && !isList(value)) return value;
  const what = isList(value) ? 'several series' : JSON.stringify(value);
  throw new DashboardError(`a series is wanted, got ${what}`);
}

function mapPoints(
  { points }: Series,
  change: (value: number, at: number) => number | undefined,
): Series {
  const changed = [...points].map(([at, value]) => [at, change(value, at)] as const);
  return {
    points: new Map(changed.filter((each): each is [number, number] => each[1] !== undefined)),
  };
}
