import { describe, expect, it } from 'vitest';
import {
  type GraphWidget,
  parseDashboardBody,
} from '../../../dashboard/definition/dashboard-body.ts';
import { messageOf } from '../message-of.ts';

const place = { x: 0, y: 0, width: 12, height: 6 };
const properties = {
  ...{ title: 'Lag', view: 'timeSeries', region: 'here', yAxis: {} },
  metrics: [['AWS/Lambda', 'OffsetLag', 'FunctionName', 'archive']],
};

const parseWidget = (widget: object) =>
  parseDashboardBody(JSON.stringify({ periodOverride: 'inherit', widgets: [widget] }));
const parseGraph = (change: object) =>
  parseWidget({ ...place, type: 'metric', properties: { ...properties, ...change } });

describe('a graph', () => {
  it('has metrics, by name or by expression, with CloudWatch’s defaults', () => {
    const expression = { expression: 'a * 2', label: 'twice' };
    const named = ['Own', 'Records', { id: 'a', visible: false, stat: 'Sum', period: 300 }];
    const [graph] = parseGraph({ metrics: [...properties.metrics, [expression], named] });
    const defaults = { id: undefined, label: undefined, period: 300, isVisible: true };
    const dimensions = { FunctionName: 'archive' };
    expect((graph as GraphWidget).rows).toEqual([
      {
        ...{ ...defaults, statistic: 'Average' },
        metric: { namespace: 'AWS/Lambda', name: 'OffsetLag', dimensions },
      },
      { ...defaults, expression: 'a * 2', label: 'twice' },
      {
        ...{ ...defaults, id: 'a', isVisible: false, statistic: 'Sum' },
        metric: { namespace: 'Own', name: 'Records', dimensions: {} },
      },
    ]);
  });

  it('has thresholds', () => {
    const horizontal = [{ value: 5, label: 'most', yAxis: 'left' }];
    const [graph] = parseGraph({ annotations: { horizontal } });
    expect((graph as GraphWidget).thresholds).toEqual([{ value: 5, label: 'most' }]);
  });

  it.each([
    [{ stacked: true }, 'properties: Unrecognized key: "stacked"'],
    [{ view: 'gauge' }, 'properties.view: '],
    [{ yAxis: { left: { max: 5 } } }, 'properties.yAxis: Unrecognized key: "left"'],
    [{ annotations: { horizontal: [], vertical: [] } }, 'Unrecognized key: "vertical"'],
    [{ metrics: [['A', 'B', { color: '#f00' }]] }, 'Unrecognized key: "color"'],
    [{ metrics: [['A', 'B', { period: 60 }]] }, 'period: '],
  ])('is refused, and named, with what the picture would leave out: %o', (change, why) => {
    const message = messageOf(() => parseGraph(change));
    expect(message).toContain("the widget 'Lag' has what the picture does not know");
    expect(message).toContain(why);
  });

  it.each([
    [['A']],
    [['A', 'B', 'FunctionName']],
    [['A', 'B', '.', 'archive']],
    [['A', 'B', { expression: 'a' }]],
    [['A', 'B', {}, {}]],
    [[{ label: 'nothing' }]],
  ])('is refused with a metric of another form: %j', (row) => {
    expect(() => parseGraph({ metrics: [row] })).toThrow(
      `the widget 'Lag' has a metric of unknown form: ${JSON.stringify(row)}`,
    );
  });
});

it('a widget of another kind is refused', () => {
  expect(() => parseWidget({ ...place, type: 'text', properties: { markdown: 'x' } })).toThrow(
    'the dashboard has what the picture does not know: widgets.0.type: ',
  );
});

it('an alarm widget is refused with what the picture would leave out, and named by its number', () => {
  const strange = { ...place, type: 'alarm', properties: { alarms: [], sortBy: 'default' } };
  expect(() => parseWidget(strange)).toThrow("the widget 'number 1' has what the picture");
});
