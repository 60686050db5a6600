import { AuthenticationError, NetworkError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { BrokerWatch } from '../../demo/broker-watch.ts';
import { DemoCounts } from '../../demo/report.ts';

function watch() {
  const counts = new DemoCounts();
  const printed: string[] = [];
  return { counts, printed, watch: new BrokerWatch(counts, (line) => printed.push(line)) };
}

describe('a run', () => {
  it('shows what is being retried', () => {
    const { counts, watch: watching } = watch();
    const error = new NetworkError('Connection closed');
    watching.observe('orders', { type: 'error', doing: 'fetching records', error });
    expect(counts.trouble).toBe("topic 'orders': fetching records: Connection closed");
  });

  it('ends if the brokers reject the login', async () => {
    const { watch: watching } = watch();
    const error = new NetworkError('Connection failed.', { cause: new AuthenticationError('no') });
    watching.observe('orders', { type: 'error', doing: 'joining the group', error });
    await expect(watching.refused).rejects.toBe(error);
  });

  it('reports records that were deleted before they were read', () => {
    const { printed, watch: watching } = watch();
    const lost = { type: 'out of range', partition: 2, from: 5, to: 12 } as const;
    watching.observe('orders', { ...lost, lost: 7 });
    watching.observe('orders', { ...lost, lost: 0 });
    watching.observe('orders', { type: 'assigned', partitions: [0] });
    expect(printed).toEqual([
      "topic 'orders', partition 2: 7 offsets starting at 5 were deleted before they were read",
    ]);
  });
});
