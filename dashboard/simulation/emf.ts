import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Sample } from '../metrics/metric-data.ts';

interface EmbeddedMetrics {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/**
 * What a line of a function's log says in the embedded metric format; nothing where it is another line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function samplesOf(line: string): readonly Sample[] {
  if (!line.includes('"_aws"')) return [];
  const { _aws, ...fields }: { readonly _aws: EmbeddedMetrics } & Record<string, unknown> =
    JSON.parse(line);
  return _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics, Namespace: namespace }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(fields[name])]));
      return Metrics.flatMap(({ Name: name }) =>
        [fields[name]].flat().map((value) => {
          return { namespace, name, dimensions, timestamp: _aws.Timestamp, value: Number(value) };
        }),
      );
    }),
  );
}

/** A function's log, of which only the metrics are kept. */
export class MetricLog extends Writable {
  /** Lines so far. */
  lines = 0;
  readonly #take: (sample: Sample) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(take: (sample: Sample) => void) {
    super();
    this.#take = take;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    this.lines += lines.length;
    for (const sample of lines.flatMap(samplesOf)) this.#take(sample);
    done();
  }
}
