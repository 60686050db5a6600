/** Where derived data of a topic lies, in the bucket for derived data. */
export interface DerivedPlace {
  /** The setting `objectPrefix`: empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
  readonly topic: string;
}

/** Key of a topic's ledger: `audit/shop/topic=orders/ledger.json`. */
export function ledgerKey(place: DerivedPlace): string {
  return `audit/${folderOf(place)}ledger.json`;
}

/** What the keys of the notes about a topic's resets begin with: `audit/shop/topic=orders/resets/`. */
export function resetsPrefix(place: DerivedPlace): string {
  return `audit/${folderOf(place)}resets/`;
}

/** Key of an hour record: `hours/shop/topic=orders/dt=2026-11-23/hour=09.json`. */
export function hourRecordKey(place: DerivedPlace, dt: string, hour: string): string {
  return `${hourRecordsPrefix(place)}dt=${dt}/hour=${hour}.json`;
}

/** What the keys of a topic's hour records begin with: `hours/shop/topic=orders/`. */
export function hourRecordsPrefix(place: DerivedPlace): string {
  return `hours/${folderOf(place)}`;
}

function folderOf({ objectPrefix, topic }: DerivedPlace): string {
  return `${objectPrefix}topic=${topic}/`;
}
