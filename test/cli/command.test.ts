import { Option } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { createCommand, NotDone, NotSo, run } from '../../cli/command.ts';
import { duration, httpUrl, list, named, wholeNumber } from '../../cli/options.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';

/** Runs `tool copy …`; what it printed, and the options that the command was given. */
async function runTool(args: string, act: () => void = () => undefined) {
  const [printed, errors]: [string[], string[]] = [[], []];
  let options: object | undefined;
  const copy = createCommand('copy', 'Copies topics.')
    .argument('[key]', 'a key')
    .addOption(wholeNumber('--pairs <n>', 'pairs of runs', { min: 5, max: 1000, default: 60 }))
    .addOption(wholeNumber('--rate <n>', 'records per second', { min: 1, max: 9 }))
    .addOption(list('--topics <list>', 'topics to copy'))
    .addOption(named('--group <name>', 'consumer group'))
    .addOption(httpUrl('--s3-endpoint <url>', 'S3 server'))
    .addOption(duration('--wait <duration>', 'time to wait'))
    .addOption(new Option('--mode <name>', 'how to copy').choices(['fast', 'slow']).default('fast'))
    .action((_, given) => {
      options = given;
      act();
    });
  const root = createCommand('tool', 'A tool.').version('1.2.3').addCommand(copy);
  const code = await run(root, args.split(' ').filter(Boolean), {
    print: (text) => printed.push(text),
    printError: (text) => errors.push(text),
  });
  return { code, errors: errors.join('\n'), options, printed: printed.join('\n') };
}

describe('a command line', () => {
  it('gives the command its parsed options and the defaults', async () => {
    const { code, options } = await runTool(
      'copy --rate 9 --topics orders,payments,,orders --s3-endpoint http://[::1]:9000 --wait 2h',
    );
    expect(code).toBe(0);
    expect(options).toEqual({
      ...{ mode: 'fast', pairs: 60, rate: 9, topics: ['orders', 'payments'] },
      ...{ s3Endpoint: 'http://[::1]:9000', wait: 7_200_000 },
    });
  });

  it.each([
    ['copy --pairs 4', /--pairs <n>' argument '4' is invalid. .* whole number from 5 to 1000;/],
    ['copy --pairs 1001', /from 5 to 1000/],
    ['copy --pairs 5.5', /from 5 to 1000/],
    ['copy --pairs 1e2', /from 5 to 1000/],
    ['copy --topics ,', /'--topics <list>' argument ',' is invalid/],
    ['copy --group=', /'--group <name>' argument '' is invalid. It must not be empty;/],
    ['copy --s3-endpoint localhost:9000', /must be an http or https URL/],
    ['copy --wait 2w', /must be a duration such as 90s, 30m, 2h or 7d/],
    ['copy --mode quick', /'quick' is invalid. Allowed choices are fast, slow;/],
    ['copy --mode', /'--mode <name>' argument missing/],
    [
      'copy --pair 60',
      /unknown option '--pair' \(Did you mean --pairs\?\); see 'tool copy --help'/,
    ],
    ['copy one two', /too many arguments/],
    ['cpoy', /unknown command 'cpoy' \(Did you mean copy\?\); see 'tool --help'/],
  ])('refuses "%s" in one line, with exit code 2', async (args, message) => {
    const { code, errors, options } = await runTool(args);
    expect(code).toBe(2);
    expect(errors).toMatch(message);
    expect(errors).toMatch(/^[^\n]+; see 'tool( copy)? --help'$/);
    expect(options).toBeUndefined();
  });

  it('shows help, with ranges and defaults, on standard output', async () => {
    const { code, errors, printed } = await runTool('copy --help');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(printed).toContain('Usage: tool copy [options] [key]');
    expect(printed).toMatch(/--pairs <n> +pairs of runs, 5 to 1000 \(default: 60\)/);
    expect(printed).toMatch(/--rate <n> +records per second, 1 to 9\n/);
    expect((await runTool('help copy')).printed).toBe(printed);
  });

  it('shows help on standard error, with exit code 2, where a command is missing', async () => {
    const { code, errors } = await runTool('');
    expect(code).toBe(2);
    expect(errors).toContain('Usage: tool [options] [command]');
  });

  it('prints the version', async () => {
    expect(await runTool('--version')).toMatchObject({ code: 0, printed: '1.2.3' });
  });

  it.each([
    [new UsageError('--a needs --b'), 2, "--a needs --b; see 'tool copy --help'"],
    [new ArchiverError('QUEUE_FAILED', 'SQS is away'), 1, 'SQS is away'],
    [new NotDone(), 1, ''],
    [new NotSo(), 3, ''],
  ])('maps %s to an exit code and its message alone', async (error, code, errors) => {
    const thrown = () => {
      throw error;
    };
    expect(await runTool('copy', thrown)).toMatchObject({ code, errors });
  });

  it('throws a defect on, with its stack', async () => {
    const thrown = () => {
      throw new TypeError('a defect');
    };
    await expect(runTool('copy', thrown)).rejects.toThrow('a defect');
  });
});
