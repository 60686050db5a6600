import { ArchiverError } from '../errors.ts';
import { isObject } from '../is-object.ts';
import type { Ledger } from './ledger.ts';

const FORMAT = 1;

/** Returns a ledger as the JSON text that {@link parseLedger} reads. */
export function ledgerJson(ledger: Ledger): string {
  return `${JSON.stringify(ledger)}\n`;
}

/**
 * Reads a ledger.
 *
 * @param name what the text is, for messages, such as the key of its object
 * @throws {ArchiverError} `LOAD_FAILED` if it is not a ledger, or one that a newer version has written
 */
export function parseLedger(text: string, name: string): Ledger {
  const ledger = parse(text);
  if (!isObject(ledger) || typeof ledger.format !== 'number' || !Array.isArray(ledger.partitions)) {
    throw new ArchiverError('LOAD_FAILED', `'${name}' is not a ledger of audits`);
  }
  if (ledger.format !== FORMAT) {
    const problem = `'${name}' has format ${ledger.format}, and this version reads format ${FORMAT}`;
    throw new ArchiverError('LOAD_FAILED', `${problem}: update the archiver, or its command line`);
  }
  return ledger as unknown as Ledger;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
