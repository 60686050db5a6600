import type { AlarmDefinition } from '../definition/alarms.ts';
import type { GraphRow, GraphWidget } from '../definition/dashboard-body.ts';
import { DashboardError } from '../errors.ts';
import { type StateChange, stateChanges, type TimeRange } from './alarm-state.ts';
import { evaluate, type Series, type Surroundings } from './evaluate.ts';
import type { MetricData } from './metric-data.ts';

/** A line of a graph. */
export interface GraphLine {
  readonly label: string;
  readonly points: Series['points'];
}

/**
 * The lines of a graph, in its order: one for each metric and expression that is visible, however
 * little data it has, and for a search one for each metric that it finds.
 *
 * @throws {DashboardError} naming the widget, for an expression or a label that is not known
 */
export function graphLines({ rows, title }: GraphWidget, data: MetricData): readonly GraphLine[] {
  try {
    for (const { label = '' } of rows) checkLabel(label);
    const named = rows.flatMap((row) =>
      row.metric === undefined || row.id === undefined
        ? []
        : [[row.id, { metric: row.metric, points: data.points(row.metric, row) }] as const],
    );
    const series = new Map<string, Series>(named);
    return rows
      .filter(({ isVisible }) => isVisible)
      .flatMap((row) =>
        seriesOf(row, { data, series, period: row.period }).map((each) => ({
          label: labelOf(row, each),
          points: each.points,
        })),
      );
  } catch (error) {
    if (!(error instanceof DashboardError)) throw error;
    throw new DashboardError(`the widget '${title}': ${error.message}`);
  }
}

/**
 * The states of an alarm over a time.
 *
 * @throws {DashboardError} naming the alarm, for an expression that is not known
 */
export function alarmChanges(
  { expression, metrics, name, rule }: AlarmDefinition,
  data: MetricData,
  range: TimeRange,
): readonly StateChange[] {
  const { period } = rule;
  const all = metrics.map(({ id = '', metric, statistic }) => {
    return [id, { metric, points: data.points(metric, { period, statistic }) }] as const;
  });
  try {
    const [watched] =
      expression === undefined
        ? all.map(([, each]) => each)
        : evaluate(expression, { data, period, series: new Map<string, Series>(all) });
    return stateChanges(rule, watched?.points ?? new Map(), range);
  } catch (error) {
    if (!(error instanceof DashboardError)) throw error;
    throw new DashboardError(`the alarm '${name}': ${error.message}`);
  }
}

function seriesOf(row: GraphRow, surroundings: Surroundings): readonly Series[] {
  if (row.metric === undefined) return evaluate(row.expression, surroundings);
  return [{ metric: row.metric, points: surroundings.data.points(row.metric, row) }];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html */
const DIMENSION = /\$\{PROP\('Dim\.(\w+)'\)\}/g;

function checkLabel(label: string): void {
  const [unknown] = label.replaceAll(DIMENSION, '').match(/\$\{[^}]*\}/) ?? [];
  if (unknown !== undefined) throw new DashboardError(`unknown part of a label: ${unknown}`);
}

function labelOf(row: GraphRow, { metric }: Series): string {
  const { label = row.metric === undefined ? row.expression : row.metric.name } = row;
  return label.replaceAll(DIMENSION, (all, name: string) => metric?.dimensions[name] ?? all);
}
