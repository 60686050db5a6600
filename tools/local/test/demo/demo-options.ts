import type { DemoOptions } from '../../demo/options.ts';

/** The demo's default options, with some of them changed. */
export function demoOptions(parts: Partial<DemoOptions> = {}): DemoOptions {
  return {
    ...{ input: undefined, key: undefined, timestamp: undefined, records: undefined },
    ...{ partitions: 3, batchSize: 10_000, batchWindow: 1, pollers: 1 },
    ...{ compression: 'gzip', timeFolder: 'day', out: 'demo-out' },
    ...{ objectOf: 'batch', keyEncoding: { '*': 'auto' }, valueEncoding: { '*': 'auto' } },
    ...{ stream: undefined, kafka: undefined, failRate: undefined, outage: undefined },
    deadLetters: undefined,
    ...{ ric: false, keep: false },
    ...parts,
  };
}
