/**
 * The process that is measured: audits a simulated archive for the first time, an hour later, and then completely, after
 * an object was deleted. It prints what each audit needed, as JSON.
 *
 * @module
 */
import { type ArchiveShape, SimulatedArchive, TOPIC_FOLDER } from './archive.ts';
import { type AuditFigures, audit } from './audit.ts';

const [partitions = 0, runOffsets = 0, hours = 0, runsPerHour = 0, hasMarks = 0] = process.argv
  .slice(2)
  .map(Number);
const shape: ArchiveShape = {
  ...{ partitions, runOffsets, hours, runsPerHour, hasMarks: hasMarks === 1 },
};
const archive = new SimulatedArchive(shape);

archive.hours -= 1;
const { json: first, ...firstFigures } = await audit('first', archive, shape, undefined);
archive.hours += 1;
const { json: second, ...secondFigures } = await audit('an hour later', archive, shape, first);
archive.deleted.add(await someKey());
const { json, ...thirdFigures } = await audit('full listing', archive, shape, second, 0);
const figures: readonly AuditFigures[] = [firstFigures, secondFigures, thirdFigures];
console.log(JSON.stringify(figures));

/** The first key, which is in an old folder. */
async function someKey(): Promise<string> {
  for await (const page of new SimulatedArchive(shape).listAll(TOPIC_FOLDER)) {
    for (const { key } of page) return key;
  }
  throw new TypeError('the archive is empty');
}
