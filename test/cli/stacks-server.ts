import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished, vi } from 'vitest';

/** An output of a stack. */
export interface StackOutput {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
}

/** An answer of CloudFormation. */
export interface StacksAnswer {
  readonly status: number;
  readonly body: string;
}

/** The answer for a stack called `Shop`. */
export function describedStack(outputs: readonly StackOutput[]): StacksAnswer {
  const members = outputs.map(
    ({ description = '', name, value }) =>
      `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue><Description>${description}</Description></member>`,
  );
  return {
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Shop</StackName><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
}

/** An answer with an error. */
export function refusal(status: number, code: string, message: string): StacksAnswer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status, body };
}

/** The answer for a stack that does not exist. */
export const noStack = refusal(400, 'ValidationError', 'Stack with id Shop does not exist');

/**
 * Starts a server with this answer to every request, and makes it the CloudFormation of all new clients until the
 * end of the test.
 *
 * @returns the bodies of the requests so far
 */
export async function startStacks({ body, status }: StacksAnswer): Promise<readonly string[]> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(await text(request));
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.close();
  });
  return requests;
}
