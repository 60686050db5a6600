import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DashboardDefinition,
  readDefinition,
  type Template,
} from '../../../dashboard/definition/definition.ts';
import { MetricData } from '../../../dashboard/metrics/metric-data.ts';
import { drawPicture, shownAlarms } from '../../../dashboard/picture/picture.ts';
import { METRIC_NAMESPACE } from '../../../lambda/contract.ts';
import { SYNTH_TIMEOUT_MS } from '../../lib/synthesize.ts';
import { changed, stackTemplate } from '../definition/template.ts';
import { messageOf } from '../message-of.ts';

const start = Date.UTC(2026, 10, 24, 9);
const range = { start, end: start + 30 * 60_000 };
const captions = { title: 'Two <topics>', notes: ['one note', 'and another'] };

let template: Template;
let definition: DashboardDefinition;

beforeAll(() => {
  template = stackTemplate();
  definition = readDefinition(template);
}, SYNTH_TIMEOUT_MS);

/** The texts of a picture, of which a chart's lines may be in any element. */
const textsOf = (picture: string) =>
  [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);

const draw = (data: MetricData, of = definition) => drawPicture(of, { data, range }, captions);

/** Numbers for some widgets. */
function measured(): MetricData {
  const data = new MetricData();
  const { archiveFunction, deadLetterQueue } = definition.resources;
  const add = (
    name: string,
    namespace: string,
    dimensions: Record<string, string>,
    values: readonly number[],
  ) => {
    for (const [index, value] of values.entries()) {
      data.add({ namespace, name, dimensions, value, timestamp: start + index * 300_000 });
    }
  };
  const own = (topic: string) => ({ service: 'KafkaArchive', topic });
  add('Records', METRIC_NAMESPACE, own('orders'), [1200, 1500, 900]);
  add('Records', METRIC_NAMESPACE, own('payments'), [31]);
  add('Objects', METRIC_NAMESPACE, own('orders'), [4, 5]);
  add('AlreadyStored', METRIC_NAMESPACE, own('payments'), [2]);
  add('Duration', 'AWS/Lambda', { FunctionName: archiveFunction }, [1500, 3250]);
  add('Errors', 'AWS/Lambda', { FunctionName: archiveFunction }, [0, 7]);
  add(
    'ApproximateNumberOfMessagesVisible',
    'AWS/SQS',
    { QueueName: deadLetterQueue },
    [0, 0, 0, 0, 0, 3],
  );
  return data;
}

describe('a picture of the stack’s dashboard', () => {
  it('can be drawn: each widget, metric, expression, label and alarm is one that is known', () => {
    const texts = textsOf(draw(new MetricData()));
    for (const { title } of definition.widgets) expect(texts).toContain(title);
    for (const { name } of definition.alarms.values()) expect(texts).toContain(name);
  });

  it('has titles and captions', () => {
    const texts = textsOf(draw(measured()));
    expect(texts).toEqual(expect.arrayContaining(['Two &lt;topics&gt;', ...captions.notes]));
  });

  it('has the values of its lines, and says which have none', () => {
    const texts = textsOf(draw(measured()));
    expect(texts).toEqual(
      expect.arrayContaining([
        // Throughput: records, by topic
        ...['orders: max 1,500', 'payments: max 31'],
        // Failures
        ...['archive errors: max 7', 'dropped: no data', 'archive: max 3,250'],
        // Failed batches: waiting
        ...['to be replayed: no data', 'dead: max 3'],
        // Cost: GB-seconds, and PUT requests
        ...['archive: max 3.25', 'archive: max 6'],
        'dataAgeTargetSeconds',
      ]),
    );
    expect(texts).toEqual(expect.arrayContaining(['09:10', '09:20']));
  });

  it('is laid out by the grid of the definition', () => {
    const picture = draw(measured());
    expect(picture).toMatch(/^<svg xmlns="[^"]+" width="1464" height="1552" /);
    // Lag and age beside each other below the alarms.
    expect(picture).toContain('<rect x="16" y="176" width="712" height="256" ');
    expect(picture).toContain('<rect x="736" y="176" width="712" height="256" ');
    // Each graph within its card.
    expect(picture).toContain('<svg x="24" y="204" width="696" height="228" ');
    expect(picture.match(/<svg /g)).toHaveLength(1 + 12);
    expect(picture).not.toMatch(/<style|class=|ecmeta/);
  });

  it('has each line at its values', () => {
    const [, path = ''] =
      /<path d="(M[^"]*)" fill="none" stroke="#1f77b4" stroke-width="2"/.exec(
        draw(measured()).split('Throughput: records, by topic')[1] ?? '',
      ) ?? [];
    const points = [...path.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    // 626 pixels for 30 minutes from 52 on; 164 down from 10 for 1500.
    expect(points).toEqual([
      [52, 42.8],
      [156.3, 10],
      [260.7, 75.6],
    ]);
  });

  it('shows alarms as they stand at the end', () => {
    const states = shownAlarms(definition, { data: measured(), range });
    expect(states.filter(({ state }) => state !== 'OK')).toEqual([
      { name: 'KafkaArchive-no-records-orders', state: 'ALARM' },
      { name: 'KafkaArchive-no-records-payments', state: 'ALARM' },
      { name: 'KafkaArchive-dead-letter', state: 'ALARM' },
    ]);
    const untouched = shownAlarms(definition, { data: new MetricData(), range });
    expect(untouched.filter(({ state }) => state === 'INSUFFICIENT_DATA')).toEqual([
      { name: 'KafkaArchive-dead-letter', state: 'INSUFFICIENT_DATA' },
    ]);
    expect(textsOf(draw(measured())).filter((text) => text === 'ALARM')).toHaveLength(3);
  });

  it('names no resource of the template', () => {
    expect(draw(measured())).not.toMatch(/[A-Z][a-z]+Function[0-9A-F]{8}/);
  });
});

describe('what is not known is refused, and named', () => {
  /** The definition with another text in the dashboard. */
  const replaced = (from: string, to: string) =>
    readDefinition(
      changed(template, 'AWS::CloudWatch::Dashboard', (dashboard) =>
        JSON.parse(JSON.stringify(dashboard).replaceAll(from, to)),
      ),
    );

  it.each([
    ['archive / 1000 * 1', 'RATE(archive)', "'Cost: GB-seconds'", "unknown function 'RATE'"],
    ['archive / 1000 * 1', 'archived', "'Cost: GB-seconds'", "no metric 'archived'"],
    ['Sum', 'p90', "'Throughput: records, by topic'", "unknown statistic 'p90'"],
    ["PROP('Dim.topic')", 'LAST', "milliseconds, by topic'", `unknown part of a label: \${LAST}`],
  ])('in a graph: %s as %s', (from, to, widget, why) => {
    const message = messageOf(() => draw(new MetricData(), replaced(from, to)));
    expect(message).toContain(`${widget}: `);
    expect(message).toContain(why);
  });

  it('in an alarm’s expression', () => {
    const strange = changed(template, 'AWS::CloudWatch::Alarm', (alarm) =>
      JSON.parse(JSON.stringify(alarm).replaceAll('DIFF', 'DIFF_TIME')),
    );
    const message = messageOf(() => draw(new MetricData(), readDefinition(strange)));
    expect(message).toContain("the alarm 'KafkaArchive-lag-growing': ");
    expect(message).toContain("unknown function 'DIFF_TIME'");
  });

  it('an alarm that the stack does not have', () => {
    const alarms = new Map([...definition.alarms].slice(1));
    const message = messageOf(() => draw(new MetricData(), { ...definition, alarms }));
    expect(message).toMatch(/^the widget 'Is it healthy\?' has no alarm of the stack: 'Monitoring/);
  });
});
