import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An upstream on this machine. It carries out each call once, however often the same key comes. */
export class FakeUpstream {
  readonly base: string;
  /** The endpoints that were called, and those that were carried out, in order. */
  readonly calls: string[] = [];
  readonly carriedOut: { readonly endpoint: string; readonly request: Readonly<Record<string, unknown>> }[] = [];
  readonly #server: Server;
  readonly #answered = new Map<string, string>();
  readonly #own = new Map<string, () => Promise<Reply>>();

  private constructor(server: Server) {
    this.#server = server;
    const { port } = portOf(server);
    this.base = `http://127.0.0.1:${port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async open(): Promise<FakeUpstream> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeUpstream(server);
  }

  /** Has an endpoint answer in another way, until `null` takes that back. */
  answer(endpoint: string, reply: (() => Promise<Reply>) | null): void {
    if (reply === null) this.#own.delete(endpoint);
    else this.#own.set(endpoint, reply);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const endpoint = message.url ?? '';
    const body: { request: string } = JSON.parse(await textOf(message));
    this.calls.push(endpoint);
    const own = await this.#own.get(endpoint)?.();
    const reply = own ?? {
      status: 200,
      body: this.#carryOut(endpoint, String(message.headers['idempotency-key']), body),
    };
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
  }

  #carryOut(endpoint: string, key: string, { request }: { readonly request: string }): string {
    const before = this.#answered.get(key);
    if (before !== undefined) return before;
    this.carriedOut.push({ endpoint, request: JSON.parse(Buffer.from(request, 'base64').toString('utf8')) });
    const decoded = { endpoint, ...(endpoint === '/signup' && { viewerId: 4711 }) };
    const text = Buffer.from(JSON.stringify(decoded)).toString('base64');
    const answer = JSON.stringify(endpoint === '/load_index' ? text : { response: text });
    this.#answered.set(key, answer);
    return answer;
  }
}

export type Reply = { readonly status: number; readonly body: string };

function portOf(server: Server): Pick<AddressInfo, 'port'> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address;
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
