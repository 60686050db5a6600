import type { Ledger, LedgerStore, StoredLedger } from '../../lambda/core/audit/ledger.ts';

/** The ledger of one topic in memory, as text: what is not in it is not known to the next audit. */
export class MemoryLedger implements LedgerStore {
  #stored: { readonly text: string; readonly version: string } | undefined;
  #saved = 0;
  /** Runs once, before the next ledger is saved: a rival that saves its own. */
  beforeSave: (() => Promise<void>) | undefined;

  /** Number of ledgers that were saved. */
  get saved(): number {
    return this.#saved;
  }

  async load(): Promise<StoredLedger | undefined> {
    if (this.#stored === undefined) return undefined;
    return { ledger: JSON.parse(this.#stored.text) as Ledger, version: this.#stored.version };
  }

  async save(ledger: Ledger, version: string | undefined): Promise<boolean> {
    const rival = this.beforeSave;
    this.beforeSave = undefined;
    await rival?.();
    if (this.#stored?.version !== version) return false;
    this.#saved += 1;
    this.#stored = { text: JSON.stringify(ledger), version: String(this.#saved) };
    return true;
  }

  /** Another bucket with the same ledger, for an audit that must not change this one. */
  copy(): MemoryLedger {
    const copy = new MemoryLedger();
    copy.#stored = this.#stored;
    copy.#saved = this.#saved;
    return copy;
  }
}
