import { type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isObject } from '../../lambda/core/is-object.ts';
import type { KafkaTool } from './kafka.ts';
import { type Answer, aws, CANNOT_ASSUME_ROLE, type Command, FAILED } from './step.ts';
import { VerificationError } from './verify.ts';

const root = join(import.meta.dirname, '../..');

/** How programs are called. */
export interface MachineOptions {
  readonly region: string;
  readonly profile: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly kafka: KafkaTool;
}

/** What a process printed, and its exit code. */
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the commands of steps on this machine. */
export function createExecute(options: MachineOptions): (command: Command) => Promise<Answer> {
  const { kafka, profile, region } = options;
  const environment = {
    ...options.environment,
    ...(profile !== undefined && { AWS_PROFILE: profile }),
    ...{ AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_PAGER: '' },
  };

  async function callAws({ args, session }: Command): Promise<Answer> {
    const flags = ['--output', 'json'];
    if (session === undefined) return toAnswer(await end('aws', [...args, ...flags], environment));
    const assume = aws('sts assume-role --query Credentials');
    const assumed = await callAws({ ...assume, args: [...assume.args, ...session] });
    if (!assumed.ok) {
      const message = `${assumed.code}: ${assumed.message}`;
      return { ok: false, code: CANNOT_ASSUME_ROLE, message };
    }
    // These stay in memory: a state or a record never contains them.
    const { AccessKeyId, SecretAccessKey, SessionToken } = assumed.output as Record<string, string>;
    const { AWS_PROFILE: _, ...others } = environment;
    const credentials = {
      ...{ AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey },
      AWS_SESSION_TOKEN: SessionToken,
    };
    return toAnswer(await end('aws', [...args, ...flags], { ...others, ...credentials }));
  }

  const programs: Readonly<Record<Command['program'], (command: Command) => Promise<Answer>>> = {
    aws: callAws,
    archive: async ({ args }) =>
      toAnswer(await end(process.execPath, ['bin/kafka-archive.ts', ...args], environment)),
    cdk: async ({ args }) =>
      toAnswer(
        await end(
          process.execPath,
          ['node_modules/aws-cdk/bin/cdk', ...args, '--progress', 'events'],
          environment,
        ),
      ),
    kafka: ({ args }) => kafka(args),
    'empty-bucket': ({ args: [bucket = ''] }) => emptyBucket(bucket, callAws),
  };
  return (command) => programs[command.program](command);
}

/** Deletes every version of every object, locked ones too, a page at a time. */
async function emptyBucket(
  bucket: string,
  call: (command: Command) => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const listed = await call(
      aws(`s3api list-object-versions --bucket ${bucket} --max-items 500`, {
        query: '[Versions,DeleteMarkers]',
      }),
    );
    if (!listed.ok) return listed;
    const pages = (listed.output ?? []) as ({ Key: string; VersionId: string }[] | null)[];
    const objects = pages.flatMap((page) => page ?? []);
    if (objects.length === 0) return { ok: true };
    const Objects = objects.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const deleted = await call(
      aws(`s3api delete-objects --bucket ${bucket} --bypass-governance-retention`, {
        delete: { Objects, Quiet: true },
        query: 'Errors[0]',
      }),
    );
    if (!deleted.ok) return deleted;
    if (isObject(deleted.output)) {
      return {
        ok: false,
        code: String(deleted.output.Code),
        message: String(deleted.output.Message),
      };
    }
  }
}

/** Detached, so that Ctrl-C in a terminal reaches this tool alone, and the command ends in a known state. */
async function end(
  program: string,
  args: readonly string[],
  env: NonNullable<SpawnOptions['env']>,
): Promise<Ended> {
  const child = spawn(program, args, {
    ...{ cwd: root, env, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      reject(
        isMissing
          ? new VerificationError(`'${program}' is not installed: install the AWS CLI, version 2`)
          : error,
      );
    });
    child.once('close', resolve);
  });
  const [exitCode, stdout, stderr] = await Promise.all([
    code,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: exitCode, stdout, stderr };
}

/** Reads the result of a process: the code of AWS's error, if the text has one. */
export function toAnswer({ code, stdout, stderr }: Ended): Answer {
  if (code === 0) return { ok: true, output: toJson(stdout) };
  const message = stderr.trim().replaceAll(/\s+/g, ' ').slice(-500);
  const [, name, , reason] =
    /An error occurred \(([\w.]+)\) when calling the (\w+) operation(?: \([^)]*\))?: (.*)/s.exec(
      stderr,
    ) ?? [];
  if (name === undefined) return { ok: false, code: FAILED, message };
  return { ok: false, code: name, message: (reason ?? '').trim().replaceAll(/\s+/g, ' ') };
}

function toJson(output: string): unknown {
  if (output.trim() === '') return undefined;
  try {
    return JSON.parse(output);
  } catch {
    // Progress of the CDK and the command line's tables.
    return undefined;
  }
}
