import { Buffer } from 'node:buffer';
import { decodeLine } from '../../../lambda/core/record/decode-line.ts';
import { isSameRecord } from '../../../lambda/core/record/record-identity.ts';

/** The line of one record, without its line feed: where its bytes are in those of its run. */
export interface Line {
  readonly offset: number;
  readonly run: Buffer;
  readonly start: number;
  readonly end: number;
}

const LINE_FEED = 0x0a;

/**
 * Splits the body of an object into its lines by partition. The lines of each partition are copied, so that they do not
 * keep the whole body in memory.
 */
export function splitBody(body: Buffer, topic: string): Map<number, Line[]> {
  const runs = new Map<number, Line[]>();
  const partitionAt = `{"topic":"${topic}","partition":`.length;
  let start = 0;
  while (start < body.length) {
    const partition = digitsAt(body, start + partitionAt);
    const ends: number[] = [];
    let end = start;
    while (end < body.length && digitsAt(body, end + partitionAt) === partition) {
      end = body.indexOf(LINE_FEED, end) + 1;
      ends.push(end - start);
    }
    const run = Buffer.from(body.subarray(start, end));
    const offsetAt = partitionAt + `${partition},"offset":`.length;
    let from = 0;
    const lines = ends.map((to) => {
      const line = { offset: digitsAt(run, from + offsetAt), run, start: from, end: to - 1 };
      from = to;
      return line;
    });
    runs.set(partition, lines);
    start = end;
  }
  return runs;
}

/** Whether two lines of one offset hold the same record. */
export function holdSameRecord(a: Line, b: Line): boolean {
  const [left, right] = [a.run.subarray(a.start, a.end), b.run.subarray(b.start, b.end)];
  return left.equals(right) || isSameRecord(decodeLine(left), decodeLine(right));
}

function digitsAt(bytes: Buffer, at: number): number {
  let number = 0;
  for (let i = at; ; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}
