import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../../lambda/contract.ts';
import type { FunctionConfiguration } from '../../tools/local/lambda/execution-environment.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import type { InvokeOutcome } from '../../tools/local/mapping/retry-policy.ts';

/** Tests mostly wait for processes of their own functions, so some run concurrently. */
const manner = { timeout: 30_000, concurrent: true };

const cleanups: (() => Promise<void>)[] = [];

afterAll(async () => {
  await Promise.all(cleanups.map((cleanUp) => cleanUp()));
});

interface Deployment extends Partial<FunctionConfiguration> {
  readonly concurrency?: number;
}

/** Deploys a function with this code until the end of all tests; also returns its log. */
async function deploy(code: string, { concurrency = 1, ...configuration }: Deployment = {}) {
  const codeFolder = await mkdtemp(join(tmpdir(), 'function-'));
  await writeFile(join(codeFolder, 'index.mjs'), code);
  const log = new PassThrough();
  const settings = {
    ...{ name: 'tested', codeFolder, handler: 'index.handler', environment: {} },
    ...{ timeoutSeconds: 20, memoryMiB: 128, log },
    ...configuration,
  };
  const fn = new EmulatedFunction(settings, concurrency);
  cleanups.push(async () => {
    await fn.close();
    await rm(codeFolder, { recursive: true, force: true });
  });
  return { fn, log, settings };
}

/** Parses a function's result. */
function resultOf(outcome: InvokeOutcome) {
  if (outcome.kind !== 'returned') throw new TypeError(JSON.stringify(outcome));
  return JSON.parse(outcome.payload);
}

/** Resolves when all texts were logged. */
async function logged(log: PassThrough, ...texts: string[]): Promise<void> {
  let printed = '';
  for await (const chunk of log) {
    printed += chunk;
    if (texts.every((text) => printed.includes(text))) return;
  }
}

const failed = (errorType: string): InvokeOutcome => ({ kind: 'failed', errorType });

/** Returns its process id, or does what the event says. */
const obedient = `
  export async function handler({ action }) {
    if (action === 'throw') throw new RangeError('as asked');
    if (action === 'throw a text') throw 'text';
    if (action === 'exit') process.exit(3);
    if (action === 'exit later') setTimeout(() => process.exit(3), 100);
    if (action === 'spin') for (;;);
    if (action === 'return nothing') return;
    if (action === 'return something that is not JSON') return 1n;
    return process.pid;
  }`;

/** The event for an action. */
const toDo = (action: string) => JSON.stringify({ action });

describe('invocation', manner, () => {
  it('returns the handler’s result as JSON', async () => {
    const { fn } = await deploy('export const handler = async (event) => ({ got: event });');
    const event = { records: { 'größe-0': [{ value: '🧾' }] } };
    expect(await fn.invoke(JSON.stringify(event))).toEqual({
      kind: 'returned',
      payload: JSON.stringify({ got: event }),
    });
  });

  it('reuses its process', async () => {
    const { fn } = await deploy(obedient);
    const pids = [resultOf(await fn.invoke('{}')), resultOf(await fn.invoke('{}'))];
    expect(pids[0]).toBe(pids[1]);
    expect(pids[0]).not.toBe(process.pid);
    expect(fn.coldStarts).toBe(1);
    expect(fn.maxMemoryMiB).toBeGreaterThan(10);
  });

  it('fails with the type of a thrown error, and keeps its process', async () => {
    const { fn, log } = await deploy(obedient);
    const pid = resultOf(await fn.invoke('{}'));
    expect(await fn.invoke(toDo('throw'))).toEqual(failed('RangeError'));
    expect(await fn.invoke(toDo('throw a text'))).toEqual(failed('Error'));
    expect(await fn.invoke(toDo('return something that is not JSON'))).toEqual(failed('TypeError'));
    expect(resultOf(await fn.invoke('{}'))).toBe(pid);
    expect(fn.coldStarts).toBe(1);
    await logged(log, '"errorMessage":"as asked"');
  });

  it('returns null if the handler returns nothing', async () => {
    const { fn } = await deploy(obedient);
    expect(await fn.invoke(toDo('return nothing'))).toEqual({ kind: 'returned', payload: 'null' });
  });

  it('kills its process at the timeout; the next invocation has a cold start', async () => {
    const { fn, settings } = await deploy(obedient);
    const pid = resultOf(await fn.invoke('{}'));
    settings.timeoutSeconds = 1;
    expect(await fn.invoke(toDo('spin'))).toEqual(failed('Sandbox.Timedout'));
    settings.timeoutSeconds = 20;
    await gone(pid);
    expect(resultOf(await fn.invoke('{}'))).not.toBe(pid);
    expect(fn.coldStarts).toBe(2);
  });

  it('fails when the process ends; the next invocation has a cold start', async () => {
    const { fn } = await deploy(obedient);
    const pid = resultOf(await fn.invoke('{}'));
    expect(await fn.invoke(toDo('exit'))).toEqual(failed('Runtime.ExitError'));
    expect(resultOf(await fn.invoke('{}'))).not.toBe(pid);
    expect(fn.coldStarts).toBe(2);
  });

  it('fails at once if the process has ended since the last invocation', async () => {
    const { fn } = await deploy(obedient);
    const pid = resultOf(await fn.invoke(toDo('exit later')));
    await gone(pid);
    expect(await fn.invoke('{}')).toEqual(failed('Runtime.ExitError'));
    expect(resultOf(await fn.invoke('{}'))).not.toBe(pid);
    expect(fn.coldStarts).toBe(2);
  });
});

/** Resolves when a child process has ended. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
  }
}

describe('start', manner, () => {
  it.each([
    ['throws', "throw new SyntaxError('bad setting')", 'SyntaxError', 'bad setting'],
    ['has no handler', 'export const other = 1;', 'TypeError', "'index.handler' is not a function"],
    ['imports a missing package', "import 'no-such-package';", 'Error', 'no-such-package'],
  ])('of code that %s fails, with the reason in the log', async (_, code, errorType, reason) => {
    const { fn, log } = await deploy(code);
    expect(await fn.invoke('{}')).toEqual(failed(errorType));
    expect(await fn.invoke('{}')).toEqual(failed(errorType));
    expect(fn.coldStarts).toBe(2);
    await logged(log, reason);
  });

  it('of code that ends its process fails', async () => {
    const { fn } = await deploy('process.exit(1);');
    expect(await fn.invoke('{}')).toEqual(failed('Runtime.ExitError'));
  });

  it('does not count towards the timeout', async () => {
    const code = `${obedient}; const begun = Date.now(); while (Date.now() < begun + 1500);`;
    const { fn } = await deploy(code, { timeoutSeconds: 1 });
    expect((await fn.invoke('{}')).kind).toBe('returned');
  });

  it('counts towards the timeout once it is stopped', async () => {
    const { fn } = await deploy('await new Promise(() => setInterval(() => 0));', {
      ...{ timeoutSeconds: 1, initSeconds: 600 },
    });
    const outcome = fn.invoke('{}');
    while (!fn.signal('SIGSTOP')) await new Promise((resolve) => setImmediate(resolve));
    expect(await outcome).toEqual(failed('Sandbox.Timedout'));
  });

  it('has a limit', async () => {
    const { fn } = await deploy('await new Promise((resolve) => setTimeout(resolve, 60_000));', {
      initSeconds: 1,
    });
    expect(await fn.invoke('{}')).toEqual(failed('Sandbox.Timedout'));
  });
});

/** Returns a number of bytes of JSON, including the quotes. */
const returnsBytes = `
  export const handler = async ({ bytes }) => 'x'.repeat(bytes - 2);`;

describe('limits', manner, () => {
  it('refuse an event over 6 MiB without a cold start', async () => {
    const { fn } = await deploy(obedient);
    const event = JSON.stringify('x'.repeat(MAX_PAYLOAD_BYTES - 1));
    expect(await fn.invoke(event)).toEqual(failed('RequestTooLargeException'));
    expect(await fn.invoke(JSON.stringify('ö'.repeat(MAX_PAYLOAD_BYTES / 2)))).toEqual(
      failed('RequestTooLargeException'),
    );
    expect(fn.coldStarts).toBe(0);
  });

  it('allow an event of 6 MiB', async () => {
    const { fn } = await deploy('export const handler = async (event) => event.length;');
    const event = JSON.stringify('x'.repeat(MAX_PAYLOAD_BYTES - 2));
    expect(resultOf(await fn.invoke(event))).toBe(MAX_PAYLOAD_BYTES - 2);
  });

  it('refuse a response over 6 MiB, and allow one of 6 MiB', async () => {
    const { fn } = await deploy(returnsBytes);
    const over = await fn.invoke(JSON.stringify({ bytes: MAX_PAYLOAD_BYTES + 1 }));
    expect(over).toEqual(failed('Function.ResponseSizeTooLarge'));
    const exact = await fn.invoke(JSON.stringify({ bytes: MAX_PAYLOAD_BYTES }));
    expect(resultOf(exact)).toHaveLength(MAX_PAYLOAD_BYTES - 2);
    expect(fn.coldStarts).toBe(1);
  });

  it('throttle invocations beyond the concurrency', async () => {
    const { fn } = await deploy(obedient, { concurrency: 2 });
    const outcomes = await Promise.all([fn.invoke('{}'), fn.invoke('{}'), fn.invoke('{}')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['returned', 'returned', 'throttled']);
    const [first, second] = outcomes.slice(0, 2).map(resultOf);
    expect(first).not.toBe(second);
    expect((await fn.invoke('{}')).kind).toBe('returned');
    expect(fn.coldStarts).toBe(2);
  });

  it('free the slot of a process that has ended', async () => {
    const { fn } = await deploy(obedient);
    await fn.invoke(toDo('exit'));
    expect((await fn.invoke('{}')).kind).toBe('returned');
  });
});

describe('environment', manner, () => {
  it('contains what is deployed, and nothing of the caller’s', async () => {
    vi.stubEnv('SECRET_OF_THE_CALLER', 'x');
    cleanups.push(async () => void vi.unstubAllEnvs());
    const { fn } = await deploy('export const handler = async () => process.env;', {
      environment: { ARCHIVE_BUCKET: 'archive', AWS_REGION: 'eu-west-1' },
      memoryMiB: 512,
    });
    const environment = resultOf(await fn.invoke('{}'));
    expect(Object.keys(environment).sort()).toEqual([
      'ARCHIVE_BUCKET',
      'AWS_ACCESS_KEY_ID',
      'AWS_EXECUTION_ENV',
      'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
      'AWS_LAMBDA_FUNCTION_NAME',
      'AWS_LAMBDA_FUNCTION_VERSION',
      'AWS_LAMBDA_INITIALIZATION_TYPE',
      'AWS_LAMBDA_LOG_GROUP_NAME',
      'AWS_LAMBDA_LOG_STREAM_NAME',
      'AWS_LAMBDA_RUNTIME_API',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'LAMBDA_TASK_ROOT',
      'PATH',
      'TZ',
      '_HANDLER',
    ]);
    expect(environment).toMatchObject({
      PATH: process.env.PATH,
      ARCHIVE_BUCKET: 'archive',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_FUNCTION_NAME: 'tested',
      _HANDLER: 'index.handler',
    });
  });

  it('has the configured memory', async () => {
    const code = `import { getHeapStatistics } from 'node:v8';
      export const handler = async () => getHeapStatistics().heap_size_limit;`;
    const { fn } = await deploy(code, { memoryMiB: 200 });
    const limit = resultOf(await fn.invoke('{}')) / 1024 / 1024;
    expect(limit).toBeGreaterThan(180);
    expect(limit).toBeLessThan(230);
  });

  it('is in UTC', async () => {
    const { fn } = await deploy('export const handler = async () => new Date(0).getHours();');
    expect(resultOf(await fn.invoke('{}'))).toBe(0);
  });
});

describe('context', manner, () => {
  const tellsContext = `
    export const handler = async (event, context) => ({
      ...context,
      remaining: context.getRemainingTimeInMillis(),
    });`;

  it('contains the time until the timeout, for each invocation, by the runtime’s clock', async () => {
    const tellsDeadline = `
      Date.now = () => 500_000;
      export const handler = async (event, context) => context.getRemainingTimeInMillis();`;
    const times = [1_000_000, 2_000_000];
    const now = () => times.shift() ?? 0;
    const { fn } = await deploy(tellsDeadline, { now, timeoutSeconds: 20 });
    expect(resultOf(await fn.invoke('{}'))).toBe(520_000);
    expect(resultOf(await fn.invoke('{}'))).toBe(1_520_000);
  });

  it('describes the function and the request', async () => {
    const { fn } = await deploy(tellsContext);
    const context = resultOf(await fn.invoke('{}'));
    expect(context).toEqual({
      awsRequestId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:tested',
      functionName: 'tested',
      functionVersion: '$LATEST',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/tested',
      logStreamName: 'emulator',
      remaining: expect.any(Number),
    });
    expect(resultOf(await fn.invoke('{}')).awsRequestId).not.toBe(context.awsRequestId);
  });
});

describe('log', manner, () => {
  it('receives the function’s output, on both streams', async () => {
    const code = `export const handler = async () => {
      console.log('on stdout');
      console.error('on stderr');
    };`;
    const { fn, log } = await deploy(code);
    await fn.invoke('{}');
    await logged(log, 'on stdout\n', 'on stderr\n');
  });

  it('receives the output of many environments without a warning', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    const { fn } = await deploy(obedient, { concurrency: 6 });
    await Promise.all(Array.from({ length: 6 }, () => fn.invoke('{}')));
    process.off('warning', onWarning);
    expect(fn.coldStarts).toBe(6);
    expect(warnings).toEqual([]);
  });
});
