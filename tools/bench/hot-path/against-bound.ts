import { print, progress } from '../../../cli/terminal.ts';
import { markdownTable } from '../common/markdown-table.ts';
import { runChild } from '../common/run-child.ts';
import { showSpread } from '../common/sample.ts';
import { valueSizes } from '../events.ts';
import type { CaseResult } from './case.ts';
import {
  type CompressionCase,
  compressionCases,
  defaultCases,
  type HotPathShape,
} from './settings.ts';

/** The size of values that has goals. */
export const goalSize = '1 KB' satisfies keyof typeof valueSizes;

/** Pairs of runs of a case; cases without a goal get fewer. */
export function pairsOf(pairs: number, size: string, setting: CompressionCase): number {
  const isDefault = defaultCases.some(
    ({ compression, level }) => compression === setting.compression && level === setting.level,
  );
  if (!isDefault) return Math.max(5, Math.ceil(pairs / 6));
  return size === goalSize ? pairs : Math.max(5, Math.ceil(pairs / 2));
}

/** The median ratio of each case of {@link goalSize}, by a name such as `gzip6`. */
export type GoalRatios = Readonly<Record<string, string>>;

/** Prints the handler's time against the bound, for each size and compression. */
export async function measureAgainstBound({
  data,
  pairs,
  partitions,
}: HotPathShape): Promise<GoalRatios> {
  const rows: string[][] = [];
  const ratios: Record<string, string> = {};
  for (const [size, bytes] of Object.entries(valueSizes)) {
    for (const setting of compressionCases) {
      const { compression, level } = setting;
      progress(`handler against bound: ${size}, ${compression} ${level}`);
      const own = pairsOf(pairs, size, setting);
      const result = await runChild<CaseResult>('hot-path/case.ts', [
        ...[compression, level, bytes, partitions, own, data],
      ]);
      rows.push([size, `${compression} ${level}`, ...cells(result, own)]);
      if (size === goalSize) ratios[`${compression}${level}`] = result.ratio.median.toFixed(2);
    }
  }
  progress('');
  print(
    markdownTable(
      [
        ...['Values', 'Compression', 'Records', 'Handler ms', 'Bound ms', 'MB/s of lines'],
        ...['Ratio (middle half)', 'Of CPU', 'Pairs', 'Compressed MB', 'Of lines'],
      ],
      rows,
    ),
  );
  return ratios;
}

function cells(result: CaseResult, pairs: number): string[] {
  const { boundMs, cpuRatio, handlerMs, lineBytes, objectBytes, ratio, records } = result;
  return [
    records.toLocaleString('en'),
    handlerMs.toFixed(1),
    boundMs.toFixed(1),
    (lineBytes / handlerMs / 1000).toFixed(0),
    showSpread(ratio, 2),
    showSpread(cpuRatio, 2),
    String(pairs),
    (objectBytes / 1e6).toFixed(2),
    `${((100 * objectBytes) / lineBytes).toFixed(1)} %`,
  ];
}
