import type { HourPeriod } from '../../lambda/core/audit/hour-period.ts';
import type {
  HourRecord,
  HourRecordStore,
  StoredHourRecord,
} from '../../lambda/core/audit/hour-record.ts';
import { decodeHourRecord, encodeHourRecord } from '../../lambda/core/audit/hour-record.ts';

/** A store of hour records in memory, as JSON, whose saves can meet another writer. */
export class MemoryHours implements HourRecordStore {
  /** By `orders/2026-11-23/09`; the version is the number of the save. */
  readonly texts = new Map<string, { readonly text: string; readonly version: string }>();
  /** Names of the hours that were loaded and saved, in order. */
  readonly loads: string[] = [];
  readonly saves: string[] = [];
  /** Called before a save. */
  beforeSave: (name: string) => void = () => undefined;

  async list(topic: string): Promise<readonly HourPeriod[]> {
    return [...this.texts.keys()]
      .filter((name) => name.startsWith(`${topic}/`))
      .sort()
      .map((name) => {
        const [, dt = '', hour = ''] = name.split('/');
        return { dt, hour };
      });
  }

  async load(topic: string, period: HourPeriod): Promise<StoredHourRecord | undefined> {
    const name = nameOf(topic, period);
    this.loads.push(name);
    const stored = this.texts.get(name);
    if (stored === undefined) return undefined;
    return { record: decodeHourRecord(stored.text, name), version: stored.version };
  }

  async save(record: HourRecord, version: string | undefined): Promise<boolean> {
    const name = nameOf(record.topic, record);
    this.beforeSave(name);
    if (this.texts.get(name)?.version !== version) return false;
    this.saves.push(name);
    const text = encodeHourRecord(record);
    this.texts.set(name, { text, version: `v${this.saves.length}` });
    return true;
  }

  /** Returns the record of an hour, such as `orders/2026-11-23/09`. */
  record(name: string): HourRecord {
    return decodeHourRecord(this.texts.get(name)?.text ?? '', name);
  }
}

function nameOf(topic: string, { dt, hour }: HourPeriod): string {
  return `${topic}/${dt}/${hour}`;
}
