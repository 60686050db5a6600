import type { HourPeriod } from '../../lambda/core/audit/hour-period.ts';
import {
  decodeHourRecord,
  encodeHourRecord,
  type HourRecord,
  type HourRecordStore,
  type StoredHourRecord,
} from '../../lambda/core/audit/hour-record.ts';
import type { Ledger, LedgerStore, StoredLedger } from '../../lambda/core/audit/ledger.ts';
import { ledgerJson, parseLedger } from '../../lambda/core/audit/ledger-json.ts';
import type { ResetNote, ResetNotes } from '../../lambda/core/audit/reset-note.ts';

/** What audits of one topic keep, as the text that is stored: what is not in it is not known to the next audit. */
export class MemoryDerived {
  readonly ledgers = new MemoryLedger();
  readonly hours = new MemoryHours();

  /** The same, for an audit that must not change this one. */
  copy(): MemoryDerived {
    const copy = new MemoryDerived();
    this.ledgers.copyTo(copy.ledgers);
    this.hours.copyTo(copy.hours);
    return copy;
  }
}

interface Stored {
  readonly text: string;
  readonly version: string;
}

/** The ledger of one topic in memory. */
export class MemoryLedger implements LedgerStore {
  #stored: Stored | undefined;
  #saved = 0;
  /** Runs once, before the next ledger is saved: a rival that saves its own. */
  beforeSave: (() => Promise<void>) | undefined;

  async load(topic: string): Promise<StoredLedger | undefined> {
    if (this.#stored === undefined) return undefined;
    const { text, version } = this.#stored;
    return { ledger: parseLedger(text, topic), version };
  }

  async save(ledger: Ledger, version: string | undefined): Promise<boolean> {
    const rival = this.beforeSave;
    this.beforeSave = undefined;
    await rival?.();
    if (this.#stored?.version !== version) return false;
    this.#saved += 1;
    this.#stored = { text: ledgerJson(ledger), version: String(this.#saved) };
    return true;
  }

  copyTo(other: MemoryLedger): void {
    other.#stored = this.#stored;
    other.#saved = this.#saved;
  }
}

/** The hour records of one topic in memory. */
export class MemoryHours implements HourRecordStore {
  readonly #stored = new Map<string, Stored>();

  async list(): Promise<readonly HourPeriod[]> {
    return [...this.#stored.keys()].sort().map((name) => {
      const [dt = '', hour = ''] = name.split('/');
      return { dt, hour };
    });
  }

  async load(_topic: string, { dt, hour }: HourPeriod): Promise<StoredHourRecord | undefined> {
    const stored = this.#stored.get(`${dt}/${hour}`);
    if (stored === undefined) return undefined;
    const { text, version } = stored;
    return { record: decodeHourRecord(text, `${dt}/${hour}`), version };
  }

  async save(record: HourRecord, version: string | undefined): Promise<boolean> {
    const name = `${record.dt}/${record.hour}`;
    if (this.#stored.get(name)?.version !== version) return false;
    const next = String(Number(version ?? 0) + 1);
    this.#stored.set(name, { text: encodeHourRecord(record), version: next });
    return true;
  }

  copyTo(other: MemoryHours): void {
    for (const [name, stored] of this.#stored) other.#stored.set(name, stored);
  }
}

/** The notes of resets in memory. */
export class MemoryResets implements ResetNotes {
  readonly #notes: ResetNote[] = [];

  async load(): Promise<readonly ResetNote[]> {
    return this.#notes;
  }

  async write(note: ResetNote): Promise<void> {
    this.#notes.push(note);
  }
}
