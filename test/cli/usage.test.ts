import { describe, expect, it } from 'vitest';
import { createArchiveCommand } from '../../cli/archive-command.ts';
import { run } from '../../cli/command.ts';
import type { Machine } from '../../cli/machine.ts';

const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

/** Runs a command line that gets no further than its options: no clock, no AWS, no broker. */
async function runLine(line: string, environment: Machine['environment'] = {}) {
  const [printed, errors]: [string[], string[]] = [[], []];
  const machine: Machine = {
    ...{ ask: undefined, environment, now: () => Date.parse('2026-11-24T12:00:00Z') },
    pause: async () => undefined,
    print: (text) => printed.push(text),
    printError: (text) => errors.push(text),
    write: async () => undefined,
    progress: () => undefined,
    stop: AbortSignal.abort(),
  };
  const code = await run(createArchiveCommand(machine), line.split(' '), machine);
  return { code, errors: errors.join('\n'), printed: printed.join('\n') };
}

const audit = 'audit --topic orders';
const backfill = 'backfill --topic orders --partition 3';
const reset = 'reset --topic orders --brokers b:9092';
const early = `${reset} --to-earliest`;
const [bucket, queue] = ['--bucket b', '--queue https://q/1/r'];

describe('a wrong command line', () => {
  it.each<readonly [string, string]>([
    ['bogus', "unknown command 'bogus'"],
    ['replay bogus', "unknown command 'bogus'"],
    ['status orders', 'too many arguments'],
    ['status --records', "unknown option '--records'"],
    ['replay show', "missing required argument 'key'"],
    ['replay show a b', 'too many arguments'],
    ['replay dismiss', "missing required argument 'key'"],
    ['replay redrive --max-per-second 0', 'It must be a whole number from 1 to 500'],
    ['replay redrive --max-per-second 501', 'It must be a whole number from 1 to 500'],
    ['replay redrive --yes=no', "'--yes=no'"],
    ['status --stack', "'--stack <name>' argument missing"],
    ...['status --stack=', 'status --bucket=', 'status --region=', 'status --profile='].map(
      (line) => [line, 'It must not be empty'] as const,
    ),
    ...['queue', 'dead-letter-queue', 's3-endpoint', 'sqs-endpoint'].map(
      (name) => [`status --${name} localhost:9000`, 'It must be an http or https URL'] as const,
    ),
    ['replay run --topic=', "'--topic <name>' argument '' is invalid. It must not be empty"],
    ['replay run --since 1h --until 60m', '--since must be before --until'],
    ...['2', 'h', '-2h', '1.5h', '2w', '1234567s', '2026-11', '2026-13-01', '09:00'].map(
      (time) =>
        [
          `replay run --since=${time}`,
          'It must be an ISO 8601 time such as 2026-11-24T09:00:00Z, or an age such as 30m, 2h or 7d',
        ] as const,
    ),
    [`status ${bucket}`, 'Also pass --queue and --dead-letter-queue, or use --stack instead'],
    [
      `status ${queue} --dead-letter-queue https://q/1/d`,
      'Also pass --bucket, or use --stack instead',
    ],
    [`replay redrive --yes ${queue}`, 'Also pass --dead-letter-queue, or use --stack instead'],
    [`replay run --yes ${bucket}`, 'Also pass --queue, or use --stack instead'],
    [`replay run --dry-run ${queue}`, 'Also pass --bucket, or use --stack instead'],
    [`replay show k ${queue}`, 'Also pass --bucket, or use --stack instead'],
    ...['replay run', 'replay redrive', 'replay dismiss k', early].map(
      (line) => [line, 'there is no terminal to ask on: pass --yes'] as const,
    ),
    ['reset --to-earliest', "required option '--topic <name>' not specified"],
    [
      `${reset} --yes`,
      'exactly one of --hours-back, --to, --to-earliest and --to-latest is needed',
    ],
    [`${reset} --hours-back 1 --to-latest`, 'is needed, got --hours-back and --to-latest'],
    [`${reset} --hours-back 0`, 'It must be a whole number from 1 to 87600'],
    [`${reset} --hours-back 87601`, 'It must be a whole number from 1 to 87600'],
    [`${reset} --to 2h`, 'It must be an ISO 8601 time such as 2026-11-24T09:00:00Z;'],
    [`${reset} --to 2026-11-24T12:00:00.001Z`, '--to must not be in the future'],
    [`${early} --stack S --function f`, '--stack and --function exclude each other'],
    [`${early} --function f --mapping ${uuid}`, '--function and --mapping exclude each other'],
    [`${early} --stack S --no-mapping`, '--stack and --no-mapping exclude each other'],
    [`${early} --mapping orders`, "'--mapping <uuid>' argument 'orders' is invalid"],
    [`${early} --no-mapping`, '--no-mapping needs --group'],
    [`${early} --no-mapping --group g --enable`, '--enable does not apply to --no-mapping'],
    [`${early} --sasl IAM --username u`, '--username does not apply to --sasl IAM'],
    [`${early} --sasl AWS_MSK_IAM`, 'Allowed choices are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, IAM'],
    ['reset --topic orders --to-earliest --tls', '--brokers or KAFKA_BOOTSTRAP_SERVERS is needed'],
    [
      'status --local x --bucket b',
      "option '--local <folder>' cannot be used with option '--bucket",
    ],
    ['status --local nowhere', '--local must be the --out folder of a running'],
    ['hours', "required option '--topic <name>' not specified"],
    [
      'hours --topic orders --local x --derived-bucket b',
      "option '--local <folder>' cannot be used with option '--derived-bucket",
    ],
    [`${early} --lambda-endpoint x`, 'It must be an http or https URL'],
    ['audit', "required option '--topic <name>' not specified"],
    [`${audit} --acknowledge 3:1-2`, '--acknowledge and --reason need each other'],
    [`${audit} --reason known`, '--acknowledge and --reason need each other'],
    ...['3', '3:', '3:2-1', 'orders:1-2'].map(
      (range) =>
        [
          `${audit} --reason known --acknowledge ${range}`,
          '--acknowledge must be a partition and offsets, such as 3:100-149',
        ] as const,
    ),
    [
      `${audit} --heal --reason known --acknowledge 3:1-2`,
      '--heal and --acknowledge exclude each other',
    ],
    [`${audit} --heal --listing-only`, '--heal needs the brokers'],
    [`${audit} --yes`, '--yes needs --heal or --acknowledge'],
    [`${audit} --expiration-days 0`, 'It must be a whole number from 1 to 36500'],
    [backfill, "required option '--from <offset>' not specified"],
    [`${backfill} --from 2 --to 1`, '--from must not be beyond --to'],
    [`${backfill} --from 1.5 --to 2`, 'It must be a whole number from 0 to'],
    ['fetch --topic orders', "required option '--offset <place>' not specified"],
    [
      'fetch --topic orders --offset 5000777',
      '--offset must be a partition and an offset, such as 3:5000777',
    ],
  ])('is refused with exit code 2 and the way to its help: %s', async (line, message) => {
    const { code, errors } = await runLine(line);
    expect(errors).toContain(message);
    expect(errors).toMatch(/^[^\n]+; see 'kafka-archive( \w+)* --help'$/);
    expect(code).toBe(2);
  });

  it('does not reveal the password', async () => {
    const { errors } = await runLine(`${early} --sasl X --username u`, {
      KAFKA_PASSWORD: 'secret',
    });
    expect(errors).toContain("argument 'X' is invalid");
    expect(errors).not.toContain('secret');
  });
});

describe('help', () => {
  it.each([
    ['', ['hours', 'status', 'replay', 'reset', 'KAFKA_PASSWORD', 'AWS_PROFILE', 'Exit codes:']],
    ['hours', ['--complete', '--derived-bucket <name>', 'closed', 'settled', 'JSON: topic']],
    ['status', ['--all', '--local <folder>', '(default: KafkaArchive)', 'JSON: bucket']],
    ['replay', ['run', 'redrive', 'show', 'dismiss']],
    ['replay run', ['--since <time>', '30m, 2h or 7d', 'JSON: dryRun']],
    ['replay redrive', ['--max-per-second <n>', '1 to 500', 'JSON: outcome']],
    ['replay show', ['<key>', '--records', 'JSON: key']],
    ['replay dismiss', ['<key>', '--yes', 'JSON: marked']],
    ['reset', ['1 to 87600', '(default: KafkaArchive)', '"IAM"', '--no-note', 'JSON: outcome']],
    ['audit', ['--heal', '--acknowledge <range>', '--listing-only', '"IAM"', 'JSON: verdict']],
    ['backfill', ['--from <offset>', '--include-filtered', 'JSON: topic']],
    ['fetch', ['--offset <place>', '24 MiB', 'JSON: topic']],
  ])('of "%s" is complete and fits a terminal', async (command, texts) => {
    const { code, errors, printed } = await runLine(`${command} --help`.trim());
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const unwrapped = printed.replaceAll(/\s+/g, ' ');
    for (const text of ['Usage: kafka-archive', ...texts]) expect(unwrapped).toContain(text);
    expect(printed.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
