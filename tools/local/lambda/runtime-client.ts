/**
 * The process inside an execution environment: loads the handler and serves invocations from the Lambda
 * runtime API until it is killed. It is configured by environment variables, like a managed runtime.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => Promise<unknown>;

/** An invocation; its deadline is in epoch milliseconds. */
interface Invocation {
  readonly requestId: string;
  readonly deadline: number;
  readonly functionArn: string;
  readonly event: string;
}

const { env } = process;
const [host, port] = (env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new http.Agent({ keepAlive: true });

function call(
  method: string,
  path: string,
  body?: string,
): Promise<http.IncomingMessage & { text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host, port, method, path: `/2018-06-01/runtime/${path}`, agent },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve(Object.assign(response, { text: Buffer.concat(chunks).toString() })),
        );
      },
    );
    request.on('error', reject);
    // Not part of the service's API; the emulator reports memory as REPORT lines do.
    request.setHeader('x-max-memory-kib', process.resourceUsage().maxRSS);
    request.end(body);
  });
}

function toErrorBody(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return JSON.stringify({
    errorType: name,
    errorMessage: message,
    trace: stack?.split('\n') ?? [],
  });
}

function logError(error: unknown): void {
  console.error(JSON.stringify({ level: 'ERROR', ...JSON.parse(toErrorBody(error)) }));
}

async function loadHandler(): Promise<Handler> {
  const [file, name] = (env._HANDLER ?? '').split('.');
  const path = join(env.LAMBDA_TASK_ROOT ?? '', `${file}.mjs`);
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = module[name ?? ''];
  if (typeof handler !== 'function') throw new TypeError(`'${env._HANDLER}' is not a function`);
  return handler as Handler;
}

async function nextInvocation(): Promise<Invocation> {
  const { headers, text } = await call('GET', 'invocation/next');
  return {
    requestId: String(headers['lambda-runtime-aws-request-id']),
    deadline: Number(headers['lambda-runtime-deadline-ms']),
    functionArn: String(headers['lambda-runtime-invoked-function-arn']),
    event: text,
  };
}

function toContext({ requestId, deadline, functionArn }: Invocation) {
  return {
    awsRequestId: requestId,
    invokedFunctionArn: functionArn,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

let handler: Handler;
try {
  handler = await loadHandler();
} catch (error) {
  logError(error);
  await call('POST', 'init/error', toErrorBody(error));
  process.exit(1);
}

for (;;) {
  const invocation = await nextInvocation();
  const path = `invocation/${invocation.requestId}`;
  try {
    const result = await handler(JSON.parse(invocation.event), toContext(invocation));
    await call('POST', `${path}/response`, JSON.stringify(result ?? null));
  } catch (error) {
    logError(error);
    await call('POST', `${path}/error`, toErrorBody(error));
  }
}
