import { print, progress } from '../../../cli/terminal.ts';
import { markdownTable } from '../common/markdown-table.ts';
import { runChild } from '../common/run-child.ts';
import { startS3Process } from '../common/s3-process.ts';
import { type Spread, showSpread } from '../common/sample.ts';
import { valueSizes } from '../events.ts';
import { defaultCases, type HotPathShape } from './settings.ts';
import type { StagesResult } from './stages.ts';

/** Prints the time of each stage of the handler, for each size, with its share of the sum. */
export async function measureStages({ data, pairs, partitions }: HotPathShape): Promise<void> {
  await using server = await startS3Process();
  const rows: string[][] = [];
  for (const [size, bytes] of Object.entries(valueSizes)) {
    progress(`stages: ${size}`);
    const rounds = Math.max(5, Math.ceil(pairs / 2));
    const result = await runChild<StagesResult>('hot-path/stages.ts', [
      ...[bytes, partitions, rounds, server.endpoint, server.bucket, data],
    ]);
    for (const [index, { compression, level }] of defaultCases.entries()) {
      rows.push([size, `${compression} ${level}`, ...shares(stagesOf(result, index))]);
    }
  }
  progress('');
  print(
    markdownTable(
      ['Values', 'Compression', 'Parse', 'Validate', 'Lines', 'Digest', 'Compress', 'Put', 'Sum'],
      rows,
    ),
  );
}

/** The stages for one compression, in the handler's order. */
function stagesOf({ parse, validate, lines, digest, compress, put }: StagesResult, index: number) {
  return [parse, validate, lines, digest, compress[index], put[index]].filter(
    (stage) => stage !== undefined,
  );
}

/** Each stage as `milliseconds (quartiles), share`, and the sum. */
export function shares(stages: readonly Spread[]): string[] {
  const sum = stages.reduce((total, { median }) => total + median, 0);
  return [
    ...stages.map(
      (stage) => `${showSpread(stage, 1)}, ${((100 * stage.median) / sum).toFixed(0)} %`,
    ),
    sum.toFixed(1),
  ];
}
