import { ArchiverError } from './errors.ts';

/** What the trial function is asked for when it is invoked by hand: records to try the archive with. */
export interface SampleCommand {
  readonly topic: string;
  readonly records: number;
}

/** A record of the trial: an order, by a customer. */
export interface SampleRecord {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** Most records of one command: they are produced well within the time of an invocation. */
export const MAX_SAMPLE_RECORDS = 100_000;

/** Customers, and so keys: enough that every partition gets some. */
const CUSTOMERS = 50;

const EXAMPLE = '{"topic":"orders","records":1000}';

/**
 * Reads a command: `{"topic":"orders","records":1000}`.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, naming every problem
 */
export function parseSampleCommand(event: unknown): SampleCommand {
  const fields = typeof event === 'object' && event !== null ? { ...event } : {};
  const { topic, records, ...others }: Record<string, unknown> = fields;
  const isTopic = typeof topic === 'string' && /^[\w.-]{1,249}$/.test(topic);
  const isCount =
    typeof records === 'number' &&
    Number.isInteger(records) &&
    records >= 1 &&
    records <= MAX_SAMPLE_RECORDS;
  const problems = [
    ...(isTopic ? [] : ['topic must be the name of a topic']),
    ...(isCount ? [] : [`records must be a whole number from 1 to ${MAX_SAMPLE_RECORDS}`]),
    ...Object.keys(others).map((name) => `'${name}' is not one of topic, records`),
  ];
  if (!isTopic || !isCount || problems.length > 0) {
    throw new ArchiverError('INVALID_EVENT', `${problems.join('; ')}: such as ${EXAMPLE}`);
  }
  return { topic, records };
}

/**
 * So many records, numbered from 1, all of one time.
 *
 * @param now epoch milliseconds
 */
export function* sampleRecords(count: number, now: number): Generator<SampleRecord> {
  for (let order = 1; order <= count; order++) {
    const customer = `customer-${(order % CUSTOMERS) + 1}`;
    // Of cents, so that it is exact.
    const total = ((order * 37) % 10_000) / 100;
    const value = JSON.stringify({ order, customer, total });
    yield { key: customer, value, timestamp: now };
  }
}
