import { print, progress } from '../../../cli/terminal.ts';
import { markdownTable } from '../common/markdown-table.ts';
import { runChild } from '../common/run-child.ts';
import { startS3Process } from '../common/s3-process.ts';
import { showSpread } from '../common/sample.ts';
import { valueSizes } from '../events.ts';
import { goalSize } from './against-bound.ts';
import type { BatchWork, CommitCaseResult } from './commit-case.ts';
import { extractRevision } from './revision.ts';
import { defaultCases, type HotPathShape } from './settings.ts';

/**
 * Prints the CPU and the PUTs of a full batch with values of 1 KB beside those of an earlier commit.
 *
 * @param name the commit, tag or branch
 */
export async function measureAgainstCommit(
  name: string,
  { data, pairs, partitions }: HotPathShape,
): Promise<void> {
  using revision = extractRevision(name);
  await using server = await startS3Process();
  const rows: string[][] = [];
  for (const { compression, level } of defaultCases) {
    progress(`against ${revision.commit}: ${compression} ${level}`);
    const result = await runChild<CommitCaseResult>('hot-path/commit-case.ts', [
      ...[revision.folder, compression, level, valueSizes[goalSize], partitions, pairs, data],
      ...[server.endpoint, server.bucket],
    ]);
    const { before, cpuRatio, now, ratio, valueBytes } = result;
    const putsPerGb = ({ puts }: BatchWork) => ((puts * 1e9) / valueBytes).toFixed(0);
    rows.push([
      `${compression} ${level}`,
      ...[before, now].map(({ cpuMs }) => cpuMs.toFixed(1)),
      ...[cpuRatio, ratio].map((spread) => showSpread(spread, 2)),
      ...[before, now].map(putsPerGb),
      ...[before, now].map(({ objectBytes }) => objectBytes.toLocaleString('en')),
    ]);
  }
  progress('');
  print(
    markdownTable(
      [
        ...['Compression', `CPU ms, ${revision.commit}`, 'CPU ms, now', 'CPU ratio (middle half)'],
        ...['Ratio by the clock', 'PUTs/GB, before', 'PUTs/GB, now', 'Bytes, before', 'Bytes, now'],
      ],
      rows,
    ),
  );
}
