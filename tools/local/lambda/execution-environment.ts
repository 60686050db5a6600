import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MAX_PAYLOAD_BYTES } from '../../../lambda/contract.ts';
import { listenOnLoopback } from '../loopback.ts';
import type { InvokeOutcome } from '../mapping/retry-policy.ts';

/** The configuration of a function. */
export interface FunctionConfiguration {
  readonly name: string;
  /** The folder of the bundle. */
  readonly codeFolder: string;
  /** `file.export`; the file has the extension `.mjs`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /**
   * Limit of a cold start, which does not count towards the timeout. Lambda ends it after 10 s, and repeats it once
   * within the timeout: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   *
   * @default - 10 s more than the timeout
   */
  readonly initSeconds?: number;
  readonly memoryMiB: number;
  /** Command line of the runtime, after `node` and its memory flags. @default - the emulator's */
  readonly runtimeCommand?: readonly string[];
  /** Receives the function's output. */
  readonly log: Writable;
  /** Clock of the runtime, in epoch milliseconds. @default - the system's */
  readonly now?: () => number;
}

const ownRuntime = [join(import.meta.dirname, 'runtime-client.ts')];

/** Killed at the latest when this process exits. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Lambda's names of failures that the handler does not report itself. */
const errorTypes = {
  timeout: 'Sandbox.Timedout',
  exit: 'Runtime.ExitError',
  responseTooLarge: 'Function.ResponseSizeTooLarge',
} as const;

/** Lambda's limit of a cold start. */
const INIT_SECONDS = 10;

/** A running invocation. */
interface Invocation {
  readonly requestId: string;
  readonly event: string;
  /** Starts the clock of the timeout, unless it runs already. @returns the deadline in epoch milliseconds */
  readonly begin: () => number;
  readonly settle: (outcome: InvokeOutcome) => void;
}

/**
 * An execution environment of a function: a process that asks its own runtime API for one invocation
 * after the other. A timeout or a crash ends it.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class ExecutionEnvironment {
  /** Peak memory of the process in MiB, as far as it was reported. */
  maxMemoryMiB = 0;
  isDead = false;
  readonly #configuration: FunctionConfiguration;
  readonly #server: http.Server;
  #process: ChildProcess | undefined;
  #invocation: Invocation | undefined;
  /** The runtime's pending request for its next invocation. */
  #waiting: http.ServerResponse | undefined;

  constructor(configuration: FunctionConfiguration) {
    this.#configuration = configuration;
    this.#server = http.createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** Runs an invocation to its end; never rejects. Only one may run at a time. */
  async invoke(event: string): Promise<InvokeOutcome> {
    const { now = Date.now, timeoutSeconds } = this.#configuration;
    const { initSeconds = INIT_SECONDS + timeoutSeconds } = this.#configuration;
    // The process has ended since the last invocation: the service notices only now, too.
    if (this.isDead) return { kind: 'failed', errorType: errorTypes.exit };
    if (this.#process === undefined) await this.#start();
    if (this.isDead) return { kind: 'failed', errorType: errorTypes.exit };
    return new Promise((resolve) => {
      const endIn = (seconds: number) =>
        setTimeout(() => this.#end(errorTypes.timeout), seconds * 1000);
      let timer = endIn(initSeconds);
      let deadline: number | undefined;
      const begin = () => {
        if (deadline !== undefined) return deadline;
        clearTimeout(timer);
        timer = endIn(timeoutSeconds);
        deadline = now() + timeoutSeconds * 1000;
        return deadline;
      };
      const settle = (outcome: InvokeOutcome) => {
        clearTimeout(timer);
        this.#invocation = undefined;
        resolve(outcome);
      };
      this.#invocation = { requestId: randomUUID(), event, begin, settle };
      this.#handOver();
    });
  }

  /** Sends a signal to the process; false if none is running. */
  signal(name: NodeJS.Signals): boolean {
    // A stopped process never ends its start.
    if (name === 'SIGSTOP') this.#invocation?.begin();
    return this.#process?.kill(name) ?? false;
  }

  /** Stops the process and the runtime API. */
  async close(): Promise<void> {
    this.#end(errorTypes.exit);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #start(): Promise<void> {
    const { host } = new URL(await listenOnLoopback(this.#server, 0));
    if (this.isDead) return;
    const { memoryMiB, runtimeCommand = ownRuntime, log } = this.#configuration;
    const child = spawn(process.execPath, [...memoryFlags(memoryMiB), ...runtimeCommand], {
      // As in a managed runtime; AWS's runtime client looks for the handler there.
      cwd: this.#configuration.codeFolder,
      env: functionEnvironment(this.#configuration, host),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('error', () => this.#end(errorTypes.exit));
    children.add(child);
    child.once('exit', () => {
      children.delete(child);
      this.#end(errorTypes.exit);
    });
    this.#process = child;
  }

  /** Sends the invocation to the runtime once both are waiting. */
  #handOver(): void {
    if (this.#invocation === undefined || this.#waiting === undefined) return;
    const { begin, event, requestId } = this.#invocation;
    const { name } = this.#configuration;
    this.#waiting
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(begin()),
        'lambda-runtime-invoked-function-arn': functionArn(name),
      })
      .end(event);
    this.#waiting = undefined;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const memory = Number(request.headers['x-max-memory-kib'] ?? 0) / 1024;
    this.maxMemoryMiB = Math.max(this.maxMemoryMiB, memory);
    const body = await text(request);
    const [, , , phase, id, action] = (request.url ?? '').split('/');
    if (id === 'next') {
      this.#waiting = response;
      this.#handOver();
      return;
    }
    response.writeHead(202).end();
    if (phase === 'init') {
      this.#end(errorTypeOf(body));
      return;
    }
    const invocation = this.#invocation;
    // A late response to an invocation that has already ended has no effect.
    if (invocation === undefined || id !== invocation.requestId) return;
    if (action === 'error') {
      invocation.settle({ kind: 'failed', errorType: errorTypeOf(body) });
    } else if (Buffer.byteLength(body) > MAX_PAYLOAD_BYTES) {
      invocation.settle({ kind: 'failed', errorType: errorTypes.responseTooLarge });
    } else invocation.settle({ kind: 'returned', payload: body });
  }

  #end(errorType: string): void {
    this.isDead = true;
    this.#process?.kill('SIGKILL');
    this.#invocation?.settle({ kind: 'failed', errorType });
  }
}

/** The ARN of a local function. */
export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

function errorTypeOf(body: string): string {
  const { errorType } = JSON.parse(body) as { errorType: string };
  return errorType;
}

/** Node's memory flags for a function. */
export function memoryFlags(memoryMiB: number): string[] {
  // ASSUMED: the shares that the managed runtime assigns to V8; they are not documented.
  return [
    `--max-semi-space-size=${Math.ceil(memoryMiB * 0.05)}`,
    `--max-old-space-size=${Math.floor(memoryMiB * 0.9)}`,
  ];
}

/**
 * The environment of a function's process.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * @param runtimeApi `host:port`
 */
export function functionEnvironment(
  { codeFolder, environment, handler, memoryMiB, name }: FunctionConfiguration,
  runtimeApi: string,
): NodeJS.ProcessEnv {
  return {
    // Only PATH of the caller's environment: the function sees what is deployed.
    PATH: process.env.PATH,
    TZ: ':UTC',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'emulator',
    AWS_SECRET_ACCESS_KEY: 'emulator',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'emulator',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: codeFolder,
    _HANDLER: handler,
    ...environment,
  };
}
