import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { StackResponse } from '../function/stack-request.ts';
import { respondToStack } from '../function/stack-response.ts';

const response: StackResponse = {
  Status: 'SUCCESS',
  PhysicalResourceId: 'topics',
  StackId: 'stack-1',
  RequestId: 'request-1',
  LogicalResourceId: 'Töpics',
};

interface Put {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Starts a server that answers each request with a status, and returns its URL. */
async function listen(status: number, puts: Put[]): Promise<string> {
  server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { headers, method, url } = incoming;
    puts.push({ headers, method, url, body: Buffer.concat(chunks).toString() });
    outgoing.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/answer?X-Amz-Signature=secret`;
}

it('puts the answer unchanged, with its length and no content type', async () => {
  const puts: Put[] = [];
  await respondToStack(await listen(200, puts), response);

  expect(puts).toHaveLength(1);
  expect(puts[0]).toMatchObject({
    method: 'PUT',
    url: '/answer?X-Amz-Signature=secret',
    body: JSON.stringify(response),
  });
  const length = String(Buffer.byteLength(JSON.stringify(response)));
  expect(puts[0]?.headers).toMatchObject({ 'content-type': '', 'content-length': length });
});

it('reports the status or error of a failure, without the URL', async () => {
  const url = await listen(403, []);
  await expect(respondToStack(url, response)).rejects.toMatchObject({
    code: 'UNEXPECTED',
    message: "CloudFormation's URL did not accept the answer: HTTP 403",
  });
  await expect(respondToStack('http://127.0.0.1:1/?secret', response)).rejects.toMatchObject({
    message: "CloudFormation's URL did not accept the answer: TypeError",
  });
});
