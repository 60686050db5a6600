/** What was measured of a batch. */
export interface MeasuredBatch {
  readonly records: number;
  /** One for each topic-partition in it. */
  readonly objects: number;
  /** Milliseconds of CPU from the event's text to the last answered put, all threads of the function. */
  readonly cpuMs: number;
  /** Bytes of what it logs, metrics among them. */
  readonly logBytes: number;
}

/** What a batch takes, as parts that add up. */
export interface EffortModel {
  /** Milliseconds of CPU. */
  readonly cpuMs: {
    readonly invocation: number;
    readonly record: number;
    readonly object: number;
  };
  readonly logBytes: { readonly invocation: number; readonly object: number };
}

/**
 * The model that comes nearest to what was measured: least squares of relative errors, so that small batches
 * weigh as much as large ones.
 */
export function fitEffort(measured: readonly MeasuredBatch[]): EffortModel {
  const [invocation = 0, record = 0, object = 0] = leastSquares(
    measured.map(({ records, objects }) => [1, records, objects]),
    measured.map(({ cpuMs }) => cpuMs),
  );
  const [logLine = 0, logObject = 0] = leastSquares(
    measured.map(({ objects }) => [1, objects]),
    measured.map(({ logBytes }) => logBytes),
  );
  return {
    cpuMs: { invocation, record, object },
    logBytes: { invocation: logLine, object: logObject },
  };
}

/** Milliseconds of CPU of a batch. */
export function cpuMsOf({ cpuMs }: EffortModel, records: number, objects: number): number {
  return cpuMs.invocation + cpuMs.record * records + cpuMs.object * objects;
}

/** Bytes that a batch logs. */
export function logBytesOf({ logBytes }: EffortModel, objects: number): number {
  return logBytes.invocation + logBytes.object * objects;
}

/**
 * The factors of each column whose sums come nearest to the results, by relative error.
 *
 * @throws RangeError where the rows do not tell the columns apart
 */
export function leastSquares(
  rows: readonly (readonly number[])[],
  results: readonly number[],
): number[] {
  const size = rows[0]?.length ?? 0;
  const weighted = rows.map((row, i) => row.map((cell) => cell / (results[i] ?? Number.NaN)));
  // The normal equations, with their right side as the last column: each result is 1 of itself.
  const matrix = Array.from({ length: size }, (_, a) => [
    ...Array.from({ length: size }, (_, b) => sumOf(weighted, (row) => at(row, a) * at(row, b))),
    sumOf(weighted, (row) => at(row, a)),
  ]);
  return solve(matrix);
}

/** Gauss and Jordan's elimination. */
function solve(matrix: number[][]): number[] {
  for (let column = 0; column < matrix.length; column++) {
    const rest = matrix.slice(column);
    const pivot = rest.reduce((a, b) =>
      Math.abs(at(b, column)) > Math.abs(at(a, column)) ? b : a,
    );
    const isSingular = !(Math.abs(at(pivot, column)) > 1e-12 * Math.max(...pivot.map(Math.abs)));
    if (isSingular) throw new RangeError('too few different batches were measured');
    matrix.splice(matrix.indexOf(pivot), 1);
    matrix.splice(column, 0, pivot);
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = at(row, column) / at(pivot, column);
      for (const [index, cell] of pivot.entries()) row[index] = at(row, index) - factor * cell;
    }
  }
  return matrix.map((row, index) => at(row, matrix.length) / at(row, index));
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.NaN;
}

function sumOf<Row>(rows: readonly Row[], value: (row: Row) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0);
}
