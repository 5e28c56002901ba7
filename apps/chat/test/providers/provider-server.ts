import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ZodError } from 'zod';
import { type Heard, type Protocol, type Refusal, type Reply, WireFault } from './protocol.ts';

/** A request, and the key that came with it. */
export type Request = Heard & { readonly key: string };

/**
 * A server that speaks a provider's protocol, streaming. It says what it was given to say, one reply for each request,
 * and answers 400 to what the provider would not take.
 */
export class ProviderServer implements AsyncDisposable {
  /** What it has taken, in order. */
  readonly requests: Request[] = [];
  /** What it would not take, in the provider's words. */
  readonly faults: string[] = [];
  /** How many of its streams were left by the other side before their end. */
  hungUp = 0;
  readonly #protocol: Protocol;
  readonly #replies: (Reply | Refusal)[] = [];
  readonly #hanging = new Set<ServerResponse>();
  readonly #server: Server;
  #replyNumber = 0;

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** The address that its clients are given. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** What it says to the next requests. */
  willSay(...replies: readonly (Reply | Refusal)[]): void {
    this.#replies.push(...replies);
  }

  /** How many replies nobody has asked for. */
  get unsaid(): number {
    return this.#replies.length;
  }

  /** Breaks the connection of what hangs. */
  cut(): void {
    for (const response of this.#hanging) {
      this.#hanging.delete(response);
      response.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const fault = this.#take(request, Buffer.concat(chunks).toString());
    if (fault !== null) return this.#refuse(response, { status: 400 }, fault);
    const reply = this.#replies.shift() ?? { status: 500, headers: { 'retry-after-ms': '0' } };
    if ('status' in reply) return this.#refuse(response, reply, `key ${this.requests.at(-1)?.key} is not taken`);
    this.#say(response, reply);
  }

  /** What is wrong with a request; null for nothing. */
  #take({ url, headers }: IncomingMessage, body: string): string | null {
    const { path, keyHeader, read } = this.#protocol;
    try {
      if (url !== path) throw new WireFault(`there is nothing at ${url}`);
      this.requests.push({ ...read(JSON.parse(body)), key: String(headers[keyHeader]) });
      return null;
    } catch (error) {
      if (!(error instanceof WireFault) && !(error instanceof ZodError)) throw error;
      this.faults.push(error.message);
      return error.message;
    }
  }

  #refuse(response: ServerResponse, refusal: Refusal, message: string): void {
    response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
    response.end(JSON.stringify(this.#protocol.errorBody(refusal, message)));
  }

  #say(response: ServerResponse, reply: Reply): void {
    const { begun, rest } = this.#protocol.say(reply, (this.#replyNumber += 1));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of begun) response.write(piece);
    switch (reply.fault) {
      case 'hangs':
        this.#hanging.add(response);
        response.once('close', () => {
          if (this.#hanging.delete(response)) this.hungUp += 1;
        });
        return;
      case 'ends early':
        response.end();
        return;
      case 'garbled':
        response.end(['data: {"type": "half\n\n', ...rest].join(''));
        return;
      case 'reports an error':
        response.end(this.#protocol.errorEvent);
        return;
      case undefined:
        response.end(rest.join(''));
    }
  }
}
