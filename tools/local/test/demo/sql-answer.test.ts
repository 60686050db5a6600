import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerBySql, sqlCommand, sqlOf } from '../../demo/sql-answer.ts';
import { demoOptions } from './demo-options.ts';
import { demo, root } from './running-demo.ts';

const question = { ...demoOptions(), folder: 'demo-out/archive' };
const base64 = { '*': 'base64' } as const;

/** Answers a query over a folder that does not exist. @returns what is printed */
async function answerOf(read: Parameters<typeof answerBySql>[1]): Promise<string> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  await answerBySql({ ...question, folder: '/nothing' }, read, {
    print,
    progress: () => undefined,
  });
  return printed.join('\n');
}

describe('the SQL answer of a demo', () => {
  it('follows the command that asks for it, which works word for word', {
    timeout: 60_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'demo sql-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { stdout } = await demo('--out', join(folder, 'out'));
    const [, command = '', answer = ''] =
      /\nthe answer of:\n(npm run archive -- .*)\n([\s\S]*)$/.exec(stdout) ?? [];
    expect(answer.split('\n')).toEqual([
      'key         mag  place',
      'us1000chhc  6.4  22km NNE of Hualian, Taiwan',
      'us1000cfn6  6.1  21km NNE of Hualian, Taiwan',
      'us2000crmu  6.1  35km S of Jarm, Afghanistan',
      '',
    ]);
    // npm's own lines, and this Node.
    const silent = command.replace('npm run', 'npm run --silent');
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
    expect(execFileSync('sh', ['-c', silent], { cwd: root, env, encoding: 'utf8' })).toBe(answer);
  });

  it('is about the strongest earthquakes, or the extent of any other topics', () => {
    expect(sqlOf(question)).toContain('from earthquakes order by mag::double desc');
    const others = [
      { input: 'a.jsonl' },
      { records: 5 },
      { kafka: {} as never },
      { valueEncoding: base64 },
    ];
    for (const parts of others) {
      expect(sqlOf({ ...question, ...parts })).toContain('from archive group by all');
    }
  });

  it('is asked in quotes that a shell understands', () => {
    expect(sqlCommand('demo-out/archive', 'select 1')).toBe(
      'npm run archive -- sql --local demo-out/archive "select 1"',
    );
    expect(sqlCommand('my out/archive', 'select 1')).toContain(" --local 'my out/archive' ");
  });

  it('is left to the user where it would take long, or where files have other names than objects', async () => {
    const many = await answerOf({ hashedObjects: 0, records: 100_001 });
    expect(many).toMatch(
      /^\nto query them:\nnpm run archive -- sql --local \/nothing "select .*"$/,
    );
    expect(await answerOf({ hashedObjects: 1, records: 10 })).toBe(
      '\nto query the objects as files, give them shorter names: --object-of partition',
    );
  });

  it('is a line that says why, where there is none', async () => {
    const lines = (await answerOf({ hashedObjects: 0, records: 10 })).split('\n');
    expect(lines.slice(3)).toEqual(["'/nothing' cannot be listed: ENOENT"]);
  });
});
