import { flag, invalid, readFlags, text, wholeNumber } from '../../cli/flags.ts';
import { type AnyCell, allCells, cellName, needsKafka, replayCells, streamCells } from './cell.ts';

/** What a run of the matrix was asked for. */
export interface FaultOptions {
  readonly seed: number;
  /** Faults to inject at least. */
  readonly faults: number;
  /** Scenarios at a time. */
  readonly parallel: number;
  /** Cells of each topology of a real broker. */
  readonly kafkaCells: number;
  /** Cells whose name has it, all of them. @default - every cell, as often as it takes */
  readonly only: string | undefined;
  readonly memoryOnly: boolean;
  /** Whether to run the slow upload instead of the matrix. */
  readonly slowUpload: boolean;
  readonly out: string;
}

const ranges = {
  seed: { min: 0, max: 4_294_967_295, default: 0 },
  faults: { min: 1, max: 1_000_000, default: 1000 },
  parallel: { min: 1, max: 64, default: 6 },
  'kafka-cells': { min: 0, max: 56, default: 10 },
} as const;

/** What `--help` prints. */
export const faultsHelp = `Archives topics while faults strike, and reads every record back: which call (put, commit, invoke,
destination) fails how (throttle, error, reset, slow, hang, lost-answer, kill), when (first,
last, each, random), in which mode and on which topology; and replays failed batches while the
calls of the replay fail (receive, invoke, delete, load, store, compare, mark, delay, bury); and
archives through a delivery stream while its calls fail (put-records, also in part: reject) and
those of the stream to S3 (store), where every offset has to be there at least once, and as often
as the stream has told.

Usage: npm run faults -- [options]

  --seed N          chooses records, settings and strikes (default: another one each time)
  --faults N        go on until so many were injected (default 1000)
  --only TEXT       only cells with it in their name, such as put/kill, broker-restart, replay/ or
                    firehose/, each once; / is every cell
  --parallel N      scenarios at a time (default 6)
  --kafka-cells N   cells of each topology of a real broker, 0 to 56 (default 10)
  --memory-only     leave those out: nothing but Node is needed
  --slow-upload     instead of the matrix: an upload of 6 minutes with a poll interval of 5, by
                    a consumer that polls, buffers and uploads in one loop, and by the emulator
  --out FOLDER      where objects and logs go (default faults-out)
  --help            this text

The last line: faults: 1000 injected, 0 lost, 0 overwritten, 12 overlaps (allowed), 5 duplicates
(through Firehose), seed=7
Exit code: 0 when nothing was lost, overwritten or overlaps where it must not, 1 when something
was, 2 for bad options.
`;

/**
 * Reads the command line; `help` when that is what it asks for.
 *
 * @param anySeed the seed where none is given
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseFaultOptions(args: readonly string[], anySeed: number): FaultOptions | 'help' {
  const values = readFlags(args, {
    seed: text,
    faults: text,
    parallel: text,
    'kafka-cells': text,
    only: text,
    'memory-only': flag,
    'slow-upload': flag,
    out: { ...text, default: 'faults-out' },
    help: flag,
  });
  if (values.help) return 'help';
  const number = (name: keyof typeof ranges) => wholeNumber(ranges, name, values[name]);
  const options: FaultOptions = {
    seed: values.seed === undefined ? anySeed : number('seed'),
    faults: number('faults'),
    parallel: number('parallel'),
    kafkaCells: number('kafka-cells'),
    only: values.only,
    memoryOnly: values['memory-only'],
    slowUpload: values['slow-upload'],
    out: values.out,
  };
  if (cellsOf(options).length === 0) {
    throw invalid(
      `--only must be part of a cell's name, such as put/kill/first, got '${values.only}'`,
    );
  }
  return options;
}

/** The cells that were asked for. */
export function cellsOf({
  only,
  memoryOnly,
}: Pick<FaultOptions, 'only' | 'memoryOnly'>): AnyCell[] {
  return [...allCells(), ...replayCells(), ...streamCells()].filter(
    (cell) => cellName(cell).includes(only ?? '') && !(memoryOnly && needsKafka(cell)),
  );
}
