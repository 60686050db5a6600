/**
 * The emulator's runtime of a function, whose `Date` has the time of a file: its path is the argument. Timers
 * are those of the machine.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

const [, , file = ''] = process.argv;
const SystemDate = Date;

class SimulatedDate extends SystemDate {
  constructor(...given: [] | [number]) {
    super(...((given.length === 0 ? [SimulatedDate.now()] : given) as [number]));
  }

  static override now(): number {
    return Number(readFileSync(file, 'utf8'));
  }
}

globalThis.Date = SimulatedDate as DateConstructor;
await import('../../tools/local/lambda/runtime-client.ts');
