import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outage } from '../../demo/outage.ts';
import type { S3RequestInfo } from '../../s3-server/server.ts';

const put: S3RequestInfo = { operation: 'PutObject', bucket: 'archive', key: 'a' };
const slowDown = { kind: 'error', status: 503, code: 'SlowDown' };

let printed: string[];
let outage: Outage;

beforeEach(() => {
  vi.useFakeTimers();
  printed = [];
  outage = new Outage({ bucket: 'archive', seconds: 30, print: (line) => printed.push(line) });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('an outage', () => {
  it('refuses every put to the bucket until it ends', () => {
    expect(outage.fault(put)).toBeUndefined();
    outage.begin();
    expect(outage.streamFault({ stream: 'archive' })).toBeUndefined();
    expect(printed).toEqual([
      "outage: for 30 s, bucket 'archive' refuses every put (503 SlowDown)",
    ]);
    expect([outage.fault(put), outage.fault({ ...put, key: 'b' })]).toEqual([slowDown, slowDown]);
    expect(outage.fault({ ...put, bucket: 'failed-batches' })).toBeUndefined();
    expect(outage.fault({ ...put, operation: 'GetObject' })).toBeUndefined();
    vi.advanceTimersByTime(29_999);
    expect(outage.fault(put)).toEqual(slowDown);
    vi.advanceTimersByTime(1);
    expect(outage.fault(put)).toBeUndefined();
    expect(printed.slice(1)).toEqual(['outage over: 3 puts were refused']);
  });

  it('may affect a stream instead of the bucket', () => {
    const stream = 'orders';
    outage = new Outage({
      ...{ bucket: 'archive', stream, seconds: 30, print: (line) => printed.push(line) },
    });
    expect(outage.streamFault({ stream })).toBeUndefined();
    outage.begin();
    expect(outage.fault(put)).toBeUndefined();
    expect(outage.streamFault({ stream: 'other' })).toBeUndefined();
    expect(outage.streamFault({ stream })).toEqual({
      ...{ kind: 'error', status: 503, code: 'ServiceUnavailableException' },
    });
    vi.advanceTimersByTime(30_000);
    expect(outage.streamFault({ stream })).toBeUndefined();
    expect(printed).toEqual([
      "outage: for 30 s, stream 'orders' refuses every put (503 ServiceUnavailableException)",
      'outage over: 1 puts were refused',
    ]);
  });

  it('begins once', () => {
    outage.begin();
    vi.advanceTimersByTime(29_999);
    outage.begin();
    vi.advanceTimersByTime(1);
    outage.begin();
    expect(outage.fault(put)).toBeUndefined();
    expect(printed).toHaveLength(2);
  });
});
