import type { Ledger, LedgerStore, StoredLedger } from '../../lambda/core/audit/ledger.ts';

/** Ledgers in memory, as JSON text, with a number for a version. */
export class MemoryLedgers implements LedgerStore {
  readonly #texts = new Map<string, string>();
  /** Every ledger that was saved, in order. */
  readonly saved: Ledger[] = [];
  /** Called before each save: another audit may save meanwhile. */
  beforeSave: () => Promise<void> = async () => undefined;

  async load(topic: string): Promise<StoredLedger | undefined> {
    const text = this.#texts.get(topic);
    if (text === undefined) return undefined;
    const { ledger, version } = JSON.parse(text);
    return { ledger, version };
  }

  async save(ledger: Ledger, version: string | undefined): Promise<boolean> {
    await this.beforeSave();
    const current = await this.load(ledger.topic);
    if (current?.version !== version) return false;
    const next = String(Number(version ?? 0) + 1);
    this.#texts.set(ledger.topic, JSON.stringify({ ledger, version: next }));
    this.saved.push(ledger);
    return true;
  }
}
