import { type TimeFolder, undatedFolders } from '../../contract.ts';
import type { DerivedPlace } from './derived-keys.ts';

const HOUR_MS = 3_600_000;

/** An hour of a topic, or a whole day where the setting `timeFolder` is `day`; in UTC, as its folder names it. */
export interface HourPeriod {
  /** `2026-11-23` */
  readonly dt: string;
  /** `09`, or `all` for a day. */
  readonly hour: string;
}

/** {@link HourPeriod.hour} of a whole day. */
export const WHOLE_DAY = 'all';

const objectInPeriod = /^dt=(\d{4}-\d\d-\d\d)\/(?:hour=(\d\d)\/)?[^/]+\.jsonl(?:\.gz|\.zst)?$/;

/**
 * Returns the period that the folder of an archived object names; undefined for objects of other topics, for those of
 * records without a usable timestamp, for those outside time folders, and for objects that hold no lines.
 */
export function periodOfKey(
  key: string,
  { objectPrefix, topic }: DerivedPlace,
): HourPeriod | undefined {
  const folder = `${objectPrefix}topic=${topic}/`;
  if (!key.startsWith(folder)) return undefined;
  const [, dt, hour = WHOLE_DAY] = objectInPeriod.exec(key.slice(folder.length)) ?? [];
  if (dt === undefined || undatedFolders.includes(dt)) return undefined;
  // A folder such as `dt=2026-13-01` is no day.
  return Number.isNaN(startOfPeriod({ dt, hour })) ? undefined : { dt, hour };
}

/** Returns the folder of a period's objects: `shop/topic=orders/dt=2026-11-23/hour=09/`. */
export function folderOfPeriod({ objectPrefix, topic }: DerivedPlace, period: HourPeriod): string {
  const { dt, hour } = period;
  const day = `${objectPrefix}topic=${topic}/dt=${dt}/`;
  return hour === WHOLE_DAY ? day : `${day}hour=${hour}/`;
}

/** When a period begins: epoch milliseconds. */
export function startOfPeriod({ dt, hour }: HourPeriod): number {
  return Date.parse(`${dt}T${hour === WHOLE_DAY ? '00' : hour}:00:00Z`);
}

/** When a period is over: epoch milliseconds, exclusive. */
export function endOfPeriod(period: HourPeriod): number {
  return startOfPeriod(period) + lengthOf(period.hour === WHOLE_DAY ? 'day' : 'hour');
}

/**
 * Returns the periods of a layout that are over, in order.
 *
 * @param from epoch milliseconds in the first period
 * @param asOf epoch milliseconds: the last period ends at it or before it
 */
export function periodsBetween(
  from: number,
  asOf: number,
  timeFolder: Exclude<TimeFolder, 'none'>,
): HourPeriod[] {
  const length = lengthOf(timeFolder);
  const periods: HourPeriod[] = [];
  for (let start = from - (from % length); start + length <= asOf; start += length) {
    const iso = new Date(start).toISOString();
    const hour = timeFolder === 'day' ? WHOLE_DAY : iso.slice(11, 13);
    periods.push({ dt: iso.slice(0, 10), hour });
  }
  return periods;
}

function lengthOf(timeFolder: Exclude<TimeFolder, 'none'>): number {
  return timeFolder === 'day' ? 24 * HOUR_MS : HOUR_MS;
}
