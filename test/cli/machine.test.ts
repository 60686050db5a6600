import { describe, expect, it, vi } from 'vitest';
import { pause } from '../../cli/machine.ts';

describe('a pause', () => {
  it('ends early when its own signal aborts, and not when another one does', async () => {
    const [own, other] = [new AbortController(), new AbortController()];
    const ended = vi.fn();
    const pausing = pause(3_600_000, own.signal).then(ended);
    other.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).not.toHaveBeenCalled();
    own.abort();
    await pausing;
    expect(ended).toHaveBeenCalledOnce();
  });

  it('ends after its time', async () => {
    expect(await pause(1, new AbortController().signal)).toBeUndefined();
  });
});
