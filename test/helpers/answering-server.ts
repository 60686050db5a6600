import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';

/** How a server reacts to a request: it answers, closes the connection, or does nothing. */
export type Answer = { readonly status: number; readonly body: string } | 'reset' | 'hang';

/** A request as received. */
export interface AnsweredRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A server in place of an AWS service. Until it is closed, the environment points clients to it. */
export class AnsweringServer {
  readonly requests: AnsweredRequest[] = [];
  /** Reactions to the next requests; later requests get the usual answer. */
  answers: Answer[] = [];
  readonly #server: http.Server;

  private constructor(usual: Answer) {
    this.#server = http.createServer(async (request, response) => {
      this.requests.push({ headers: request.headers, body: await text(request) });
      const answer = this.answers.shift() ?? usual;
      if (answer === 'reset') response.destroy();
      else if (answer !== 'hang') response.writeHead(answer.status).end(answer.body);
    });
  }

  /** @param service as in `AWS_ENDPOINT_URL_<service>` */
  static async start(service: string, usual: Answer): Promise<AnsweringServer> {
    const answering = new AnsweringServer(usual);
    answering.#server.listen(0, '127.0.0.1');
    await once(answering.#server, 'listening');
    const { port } = answering.#server.address() as AddressInfo;
    vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    return answering;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    vi.unstubAllEnvs();
  }
}
