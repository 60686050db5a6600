import { TrialError } from './errors.ts';

/** The event of a direct invocation, which requests sample records. */
export interface SampleCommand {
  readonly topic: string;
  readonly records: number;
}

/** A sample record: an order of a customer. */
export interface SampleRecord {
  readonly key: string;
  /** A JSON object with the fields `order`, `customer` and `total`. */
  readonly value: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** The maximum number of records per command, which takes much less time than the function's timeout. */
export const MAX_SAMPLE_RECORDS = 100_000;

/** The number of customers, and so of keys, which is enough for every partition to receive records. */
const CUSTOMERS = 50;

const EXAMPLE = '{"topic":"orders","records":1000}';

/**
 * Reads a command: `{"topic":"orders","records":1000}`.
 *
 * @throws {TrialError} `INVALID_EVENT`, naming every problem
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
    throw new TrialError('INVALID_EVENT', `${problems.join('; ')}; example: ${EXAMPLE}`);
  }
  return { topic, records };
}

/**
 * The given number of records, numbered from 1, all with the same timestamp.
 *
 * @param now epoch milliseconds
 */
export function* sampleRecords(count: number, now: number): Generator<SampleRecord> {
  for (let order = 1; order <= count; order++) {
    const customer = `customer-${(order % CUSTOMERS) + 1}`;
    // A whole number of cents, so that the total is exact.
    const total = ((order * 37) % 10_000) / 100;
    const value = JSON.stringify({ order, customer, total });
    yield { key: customer, value, timestamp: now };
  }
}
