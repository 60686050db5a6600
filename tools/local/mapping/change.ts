/** Something that changes, and that others wait for. */
export class Change {
  /** Called, and forgotten, at the next change. */
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

  /** Wakes all who wait. */
  happened(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
