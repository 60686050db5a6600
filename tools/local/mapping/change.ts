/** A change that others can wait for. */
export class Change {
  /** Called once, at the next change. */
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next change, or when the signal aborts. */
  next(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      signal?.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  /** Wakes everyone who waits. */
  happened(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
