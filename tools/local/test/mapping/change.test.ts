import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Change } from '../../mapping/change.ts';
import { settle } from '../fake-clock.ts';

/** Notes who was woken, in turn. */
function watch() {
  const change = new Change();
  const woken: string[] = [];
  const wait = (name: string, signal?: AbortSignal) =>
    change.next(signal).then(() => void woken.push(name));
  return { change, wait, woken };
}

describe('a change', () => {
  it('wakes all who wait, once', async () => {
    const { change, wait, woken } = watch();
    void wait('a');
    void wait('b');
    await settle();
    expect(woken).toEqual([]);
    change.happened();
    change.happened();
    await settle();
    expect(woken).toEqual(['a', 'b']);
  });

  it('wakes nobody who waits after it', async () => {
    const { change, wait, woken } = watch();
    change.happened();
    void wait('a').then(() => wait('a again'));
    change.happened();
    await settle();
    expect(woken).toEqual(['a']);
    change.happened();
    await settle();
    expect(woken).toEqual(['a', 'a again']);
  });

  it('is not waited for once the signal aborts', async () => {
    const { wait, woken } = watch();
    const stop = new AbortController();
    void wait('a', stop.signal);
    void wait('b');
    stop.abort();
    await settle();
    expect(woken).toEqual(['a']);
  });

  it('is not waited for where the signal has aborted', async () => {
    const { change, wait, woken } = watch();
    await wait('a', AbortSignal.abort());
    change.happened();
    await settle();
    expect(woken).toEqual(['a']);
  });

  it('leaves nothing with a signal that outlives it', async () => {
    const { change, wait } = watch();
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i++) {
      const woken = wait('a', signal);
      change.happened();
      await woken;
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
