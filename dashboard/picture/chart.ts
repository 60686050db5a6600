import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
} from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { GRAPH_PERIOD, type Threshold } from '../definition/dashboard-body.ts';
import type { TimeRange } from '../metrics/alarm-state.ts';
import type { GraphLine } from '../metrics/show.ts';
import { type Box, FONT } from './svg.ts';

use([
  ...[GridComponent, LegendComponent, LineChart, MarkLineComponent, SVGRenderer, TitleComponent],
]);

/** What a chart shows. */
export interface ChartContent {
  readonly lines: readonly GraphLine[];
  readonly thresholds: readonly Threshold[];
  readonly range: TimeRange;
}

const PERIOD_MS = GRAPH_PERIOD * 1000;
const GREY = '#545b64';
const PALETTE = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b'];
const THRESHOLD_COLOR = '#d13212';
/** Pixels around the lines: for the numbers beside them, and for the legend below. */
const MARGINS = { left: 52, right: 18, top: 10, bottom: 54 };

/** Draws lines over time as an SVG element at a place, with its legend: in it, each line's highest value. */
export function drawChart(content: ChartContent, { height, width, x, y }: Box): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption(optionOf(content));
  const drawn = chart.renderToSVGString();
  chart.dispose();
  return drawn
    .replace('<svg ', `<svg x="${x}" y="${y}" `)
    .replaceAll(/<style[\s\S]*?<\/style>\n?/g, '')
    .replaceAll(/ (xmlns(:xlink)?|ecmeta_\w+|class|pointer-events)="[^"]*"/g, '')
    .replaceAll(/(\d\.\d\d)\d+/g, '$1');
}

function optionOf({ lines, range, thresholds }: ChartContent): Parameters<ECharts['setOption']>[0] {
  const shown = lines.map((line) => ({ ...line, points: inRange(line.points, range) }));
  // Seen also where no line comes near it.
  const threshold = Math.max(...thresholds.map(({ value }) => value));
  return {
    animation: false,
    useUTC: true,
    color: PALETTE,
    textStyle: { fontFamily: FONT },
    grid: MARGINS,
    title: {
      show: shown.every(({ points }) => points.size === 0),
      ...{ text: 'no data', left: 'center', top: '30%' },
      textStyle: { color: GREY, fontSize: 14, fontWeight: 'normal', fontFamily: FONT },
    },
    legend: {
      ...{
        bottom: 2,
        left: 8,
        right: '12%',
        itemWidth: 12,
        itemHeight: 4,
        itemGap: 18,
        icon: 'roundRect',
      },
      selectedMode: false,
      data: shown.map(({ label }) => label),
      formatter: (name: string) => legendOf(shown.filter(({ label }) => label === name)),
      textStyle: { fontSize: 10.5, color: GREY, fontFamily: FONT },
    },
    xAxis: {
      ...{ type: 'time', min: range.start, max: range.end },
      axisLabel: { formatter: '{HH}:{mm}', fontSize: 10, color: GREY, hideOverlap: true },
      axisLine: { lineStyle: { color: '#aab7b8' } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: highestOf(shown) < threshold ? threshold : undefined,
      splitNumber: 4,
      axisLabel: { formatter: compact, fontSize: 10, color: GREY },
      splitLine: { lineStyle: { color: '#eaeded' } },
    },
    series: [...shown.map((line) => seriesOf(line, range)), thresholdSeries(thresholds)],
  };
}

/** Five minutes without data are a gap; a point between two gaps is drawn larger, as there is no line. */
function seriesOf({ label, points }: GraphLine, { end, start }: TimeRange): LineSeriesOption {
  const data: { value: [number, number | null]; symbolSize: number }[] = [];
  for (let at = start; at < end; at += PERIOD_MS) {
    const isAlone = !points.has(at - PERIOD_MS) && !points.has(at + PERIOD_MS);
    data.push({ value: [at, points.get(at) ?? null], symbolSize: isAlone ? 7 : 4 });
  }
  return {
    ...{ type: 'line', name: label, data, silent: true, symbol: 'circle' },
    lineStyle: { width: 2 },
    emphasis: { disabled: true },
  };
}

function thresholdSeries(thresholds: readonly Threshold[]): LineSeriesOption {
  return {
    ...{ type: 'line', name: '', data: [], silent: true },
    markLine: {
      ...{ symbol: 'none', silent: true },
      data: thresholds.map(({ label, value }) => ({
        yAxis: value,
        label: { formatter: label, position: 'insideStartTop' },
      })),
      label: { color: THRESHOLD_COLOR, fontSize: 11, fontFamily: FONT },
      lineStyle: { color: THRESHOLD_COLOR, type: 'dashed' },
    },
  };
}

function inRange(points: GraphLine['points'], { end, start }: TimeRange): GraphLine['points'] {
  return new Map([...points].filter(([at]) => at >= start && at < end));
}

function legendOf([line]: readonly GraphLine[]): string {
  const value = line?.points.size === 0 ? 'no data' : `max ${exact(highestOf([line]))}`;
  return `${line?.label}: ${value}`;
}

function highestOf(lines: readonly (GraphLine | undefined)[]): number {
  return Math.max(...lines.flatMap((line) => [...(line?.points.values() ?? [])]));
}

function exact(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 });
}
