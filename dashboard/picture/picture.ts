import type { AlarmWidget, Place, Widget } from '../definition/dashboard-body.ts';
import type { DashboardDefinition } from '../definition/definition.ts';
import { DashboardError } from '../errors.ts';
import type { TimeRange } from '../metrics/alarm-state.ts';
import type { MetricData } from '../metrics/metric-data.ts';
import { alarmChanges, graphLines } from '../metrics/show.ts';
import { drawAlarms, type ShownAlarm } from './alarm-tiles.ts';
import { drawChart } from './chart.ts';
import { type Box, rectangle, svg, text } from './svg.ts';

/** What a picture shows besides the dashboard. */
export interface Captions {
  /** Above it. */
  readonly title: string;
  /** Below it, a line each. */
  readonly notes: readonly string[];
}

/** What was measured, and when. */
export interface Measured {
  readonly data: MetricData;
  readonly range: TimeRange;
}

/** Pixels of one column and of one row of CloudWatch's grid. */
const COLUMN = 60;
const ROW = 44;
const COLUMNS = 24;
/** Pixels around everything, and between two widgets. */
const EDGE = 12;
const GAP = 8;
const HEADER = 40;
const NOTE = 18;
/** Of a widget, down to where its content begins. */
const TITLE = 28;

/**
 * Draws a dashboard with what was measured, by the grid of its definition.
 *
 * @returns an SVG document
 * @throws {DashboardError} naming the widget or alarm, for anything that cannot be drawn as it is defined
 */
export function drawPicture(
  definition: DashboardDefinition,
  { data, range }: Measured,
  { notes, title }: Captions,
): string {
  const rows = definition.widgets.map(({ height, y }) => y + height);
  const bottom = HEADER + Math.max(...rows) * ROW + EDGE;
  const width = COLUMNS * COLUMN + 2 * EDGE;
  const height = bottom + notes.length * NOTE + EDGE;
  const draw = (widget: Widget, box: Box) =>
    widget.type === 'alarm'
      ? drawAlarms(alarmsOf(widget, definition, { data, range }), box)
      : drawChart({ ...widget, lines: graphLines(widget, data), range }, box);
  return svg({ width, height }, [
    rectangle({ x: 0, y: 0, width, height }, '#f2f3f3'),
    text(title, { x: EDGE + GAP / 2, y: HEADER - 12 }, { size: 18, isBold: true }),
    ...definition.widgets.flatMap((widget) => {
      const card = boxOf(widget);
      const at = { x: card.x + 12, y: card.y + 19 };
      return [
        rectangle(card, '#ffffff', '#d5dbdb'),
        text(widget.title, at, { size: 13, isBold: true }),
        draw(widget, contentOf(card)),
      ];
    }),
    ...notes.map((note, index) => {
      const at = { x: EDGE + GAP / 2, y: bottom + (index + 1) * NOTE - 4 };
      return text(note, at, { size: 12, color: '#545b64' });
    }),
  ]);
}

function boxOf({ height, width, x, y }: Place): Box {
  return {
    x: EDGE + x * COLUMN + GAP / 2,
    y: HEADER + y * ROW + GAP / 2,
    width: width * COLUMN - GAP,
    height: height * ROW - GAP,
  };
}

function contentOf({ height, width, x, y }: Box): Box {
  return { x: x + GAP, y: y + TITLE, width: width - 2 * GAP, height: height - TITLE };
}

/**
 * The alarms that the dashboard shows, as they stand at the end.
 *
 * @throws {DashboardError} for one that is not defined, or not known
 */
export function shownAlarms(
  definition: DashboardDefinition,
  measured: Measured,
): readonly ShownAlarm[] {
  return definition.widgets.flatMap((widget) =>
    widget.type === 'alarm' ? alarmsOf(widget, definition, measured) : [],
  );
}

function alarmsOf(
  widget: AlarmWidget,
  { alarms }: DashboardDefinition,
  { data, range }: Measured,
): readonly ShownAlarm[] {
  return widget.alarms.map((id) => {
    const alarm = alarms.get(id);
    if (alarm === undefined) {
      throw new DashboardError(`the widget '${widget.title}' has no alarm of the stack: '${id}'`);
    }
    const last = alarmChanges(alarm, data, range).at(-1);
    return { name: alarm.name, state: last?.state ?? 'INSUFFICIENT_DATA' };
  });
}
