import { z } from 'zod';
import { DashboardError } from '../errors.ts';
import type { MetricId } from '../metrics/metric-data.ts';
import { readAs } from './read.ts';

/** Seconds of a period of every graph: CloudWatch's where a definition says nothing. */
export const GRAPH_PERIOD = 300;

/** Where a widget is, in columns (24 of them) and rows. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A widget that shows the states of alarms. */
export interface AlarmWidget extends Place {
  readonly type: 'alarm';
  readonly title: string;
  /** Logical ids. */
  readonly alarms: readonly string[];
}

/** A widget that shows lines over time. */
export interface GraphWidget extends Place {
  readonly type: 'metric';
  readonly title: string;
  readonly rows: readonly GraphRow[];
  readonly thresholds: readonly Threshold[];
}

/** One entry of a graph: a metric, or an expression over those beside it. */
export type GraphRow = RowOptions &
  (
    | { readonly metric: MetricId; readonly statistic: string }
    | { readonly expression: string; readonly metric?: undefined }
  );

interface RowOptions {
  /** What expressions call it. */
  readonly id: string | undefined;
  readonly label: string | undefined;
  /** Seconds. */
  readonly period: typeof GRAPH_PERIOD;
  readonly isVisible: boolean;
}

/** A horizontal line of a graph. */
export interface Threshold {
  readonly value: number;
  readonly label: string;
}

/** A widget of a dashboard. */
export type Widget = AlarmWidget | GraphWidget;

const place = { x: z.number(), y: z.number(), width: z.number(), height: z.number() };

const alarmWidget = z.strictObject({
  ...place,
  type: z.literal('alarm'),
  properties: z.strictObject({ title: z.string(), alarms: z.array(z.string()) }),
});

const threshold = z.strictObject({
  ...{ value: z.number(), label: z.string(), yAxis: z.literal('left') },
});

const graphWidget = z.strictObject({
  ...place,
  type: z.literal('metric'),
  properties: z.strictObject({
    title: z.string(),
    view: z.literal('timeSeries'),
    region: z.string(),
    metrics: z.array(z.array(z.unknown())),
    annotations: z.strictObject({ horizontal: z.array(threshold) }).optional(),
    yAxis: z.strictObject({}),
  }),
});

const rowOptions = z.strictObject({
  id: z.string().optional(),
  label: z.string().optional(),
  period: z.literal(GRAPH_PERIOD).default(GRAPH_PERIOD),
  stat: z.string().default('Average'),
  visible: z.boolean().default(true),
  expression: z.string().optional(),
});

const body = z.strictObject({
  periodOverride: z.literal('inherit'),
  widgets: z.array(z.looseObject({ type: z.enum(['alarm', 'metric']) })),
});

/**
 * Reads the text of a dashboard, with all of its names resolved.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 *
 * @throws {DashboardError} naming the widget, for anything that the picture does not know
 */
export function parseDashboardBody(text: string): readonly Widget[] {
  const { widgets } = readAs(body, JSON.parse(text), 'the dashboard');
  return widgets.map((widget, index) => {
    const { title = `number ${index + 1}` } = Object(widget.properties);
    const what = `the widget '${title}'`;
    if (widget.type === 'metric') return readGraph(widget, what);
    const { properties, ...rest } = readAs(alarmWidget, widget, what);
    return { ...rest, ...properties };
  });
}

function readGraph(widget: unknown, what: string): GraphWidget {
  const { properties, ...rest } = readAs(graphWidget, widget, what);
  const { annotations, metrics, title } = properties;
  const thresholds = (annotations?.horizontal ?? []).map(({ label, value }) => ({ label, value }));
  return { ...rest, title, thresholds, rows: metrics.map((row) => readRow(row, what)) };
}

function readRow(row: readonly unknown[], what: string): GraphRow {
  const names = row.filter((part) => typeof part === 'string');
  const given = row.slice(names.length);
  if (given.length > 1) throw unknownRow(row, what);
  const options = readAs(rowOptions, given[0] ?? {}, what);
  const { expression, id, label, period, stat: statistic, visible: isVisible } = options;
  const all = { id, label, period, isVisible };
  if (names.length === 0 && expression !== undefined) return { ...all, expression };
  const [namespace = '', name = '', ...dimensions] = names;
  const isAbbreviated = names.some((part) => /^\.+$/.test(part));
  if (name === '' || dimensions.length % 2 !== 0 || isAbbreviated || expression !== undefined) {
    throw unknownRow(row, what);
  }
  return { ...all, statistic, metric: { namespace, name, dimensions: pairs(dimensions) } };
}

function pairs(names: readonly string[]): Readonly<Record<string, string>> {
  const entries = names.flatMap((name, index) =>
    index % 2 === 0 ? [[name, names[index + 1] ?? ''] as const] : [],
  );
  return Object.fromEntries(entries);
}

function unknownRow(row: readonly unknown[], what: string): DashboardError {
  return new DashboardError(`${what} has a metric of unknown form: ${JSON.stringify(row)}`);
}
