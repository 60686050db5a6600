import { describe, expect, it } from 'vitest';
import { ratiosOf, renderReport } from '../../peers/report.ts';
import type { ThroughputRun } from '../../peers/throughput.ts';

/** A run over 500 MB of values. */
function runOf(cpuSeconds: number, functionSeconds = 0, lost = 0): ThroughputRun {
  const usage = (seconds: number) => ({ cpuSeconds: seconds, peakBytes: seconds * 2 ** 20 });
  return {
    startSeconds: 1,
    start: { all: usage(2), function: usage(0) },
    work: { all: usage(cpuSeconds), function: usage(functionSeconds) },
    recordsPerSecond: cpuSeconds * 100,
    bytesPerSecond: cpuSeconds * 1e5,
    valueBytes: 5e8,
    objects: 50,
    bytesStored: 1.25e8,
    puts: 60,
    failedRequests: 0,
    verdict: { records: 5, lost, doubled: 1, foreign: 0, misplaced: 0, rewritten: 4 },
  };
}

const ours = [runOf(40, 20), runOf(42, 21), undefined];
const theirs = [runOf(80), runOf(60), runOf(70, 0, 3)];

describe('renderReport', () => {
  const aligned = renderReport({
    setting: 'a machine',
    topics: [
      {
        title: 'Values',
        peers: [
          { name: 'archiver', title: 'ours', runs: ours },
          { name: 'benthos', title: 'theirs', runs: theirs },
          { name: 'kafka-connect', title: 'failed', runs: [undefined] },
        ],
      },
    ],
    delay: {
      title: 'Delay',
      peers: [
        {
          ...{ name: 'archiver', title: 'ours' },
          runs: [
            { records: 9000, notStored: 2, p50: 1234, p99: 2000, most: 10_005 },
            undefined,
            { records: 9000, notStored: 1, p50: 1100, p99: 2004, most: 10_105 },
            { records: 9000, notStored: 0, p50: 1240, p99: 1996, most: 9905 },
          ],
        },
        { name: 'benthos', title: 'failed', runs: [undefined] },
      ],
    },
    unavailable: [{ title: 'other', reason: '404 Not Found' }],
  });
  const report = aligned.replaceAll(/ +/g, ' ');

  it('shows medians with their ranges, CPU and objects per GB, and sums of failures', () => {
    expect(report).toContain(
      '| theirs | 7,000 (6,000–8,000) | 7.0 (6.0–8.0) | 140.0 (120.0–160.0) | 2.0 | 70 (60–80) | 100 | 120 | 250 | 3 | 3 | 12 |',
    );
  });

  it('separates the function from the pollers', () => {
    expect(report).toMatch(/^\| ours: the function \| 4,100 .* \| 41.0 \(40.0–42.0\) \| 0.0 \| /m);
    expect(report).toMatch(
      /^\| … with the local pollers \| \| \| 82.0 \(80.0–84.0\) \| 2.0 \| 41 \(40–42\) \| \| \| \| \| \| \|$/m,
    );
  });

  it('divides CPU within a round', () => {
    expect(ratiosOf(ours, theirs, 'all')).toEqual([0.5, 0.7]);
    expect(report).toContain(': the function | 0.30 (0.25–0.35) |');
    expect(report).toContain('| … with the local pollers | 0.60 (0.50–0.70) |');
  });

  it('shows delays in seconds, and peers that did not run', () => {
    expect(report).toContain(
      '| ours | 1.23 (1.10–1.24) | 2.00 | 10.01 (9.91–10.11) | 27,000 | 3 |',
    );
    expect(report).toContain('\n- other: 404 Not Found');
  });

  it('omits a peer without a successful run', () => {
    expect(report).not.toMatch(/^\| failed/m);
  });
});
