import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullEvent, valueSizes } from './events.ts';
import type { StageResult } from './stage.ts';

const HELP = `Measures the archive handler from an event's text to the compressed objects against its bound:
JSON.parse of the event, base64 decoding of its values and compression of the same lines, nothing
else. Each case runs in a process of its own with one thread for compression, both sides in turns.
ratio = bound / handler, 1 being unreachable.

Usage: npm run bench -- [--pairs N]   pairs of runs for each case, 5 to 1000 (default 60)
`;

const MEMORY_RUNS = 5;

/** Runs a script of this folder with Node as this process was started, and returns what it prints. */
function run(script: string, ...args: string[]): string {
  return execFileSync(process.execPath, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
}

function median(sample: readonly number[]): number {
  return [...sample].sort((a, b) => a - b)[sample.length >> 1] ?? Number.NaN;
}

/** MiB that the first full event takes beyond a process that only parses it. */
function extraMemory(): number {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'event.json');
    writeFileSync(file, fullEvent(valueSizes['1 KB']));
    const most = (how: string) =>
      median(Array.from({ length: MEMORY_RUNS }, () => Number(run('memory.ts', how, file))));
    return most('plan') - most('parse');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parsePairs(args: readonly string[]): number | 'help' {
  if (args.length === 0) return 60;
  const pairs = args[0] === '--pairs' && args.length === 2 ? Number(args[1]) : Number.NaN;
  return Number.isInteger(pairs) && pairs >= 5 && pairs <= 1000 ? pairs : 'help';
}

const pairs = parsePairs(process.argv.slice(2));
if (pairs === 'help') {
  console.log(HELP);
  if (process.argv[2] !== '--help') process.exitCode = 2;
} else {
  const [cpu] = cpus();
  console.log(
    `${cpu?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, ${pairs} pairs`,
  );
  console.log(
    'values  compression  records  handler ms  bound ms  MB/s of lines  ratio (middle half)',
  );
  const ratios: Record<string, string> = {};
  for (const [size, bytes] of Object.entries(valueSizes)) {
    for (const compression of ['gzip', 'zstd'] as const) {
      const result: StageResult = JSON.parse(
        run('stage.ts', compression, String(bytes), String(pairs)),
      );
      const name = compression === 'gzip' ? 'gzip 6' : 'zstd 3';
      const ratio = result.ratio.toFixed(2);
      const row = [
        size.padEnd(6),
        name.padEnd(11),
        String(result.records).padStart(7),
        result.pipelineMs.toFixed(1).padStart(10),
        result.boundMs.toFixed(1).padStart(8),
        (result.lineBytes / result.pipelineMs / 1000).toFixed(0).padStart(13),
        ` ${ratio} (${result.ratioLow.toFixed(2)}-${result.ratioHigh.toFixed(2)})`,
      ];
      console.log(row.join('  '));
      if (size === '1 KB') ratios[name.replace(' ', '')] = ratio;
    }
  }
  const extra = extraMemory().toFixed(0);
  console.log(`ratio gzip6=${ratios.gzip6} zstd3=${ratios.zstd3} extraMiB=${extra}`);
}
