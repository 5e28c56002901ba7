import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

type ChatCompletionRequest = {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
};

export type SeenCall = {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: ChatCompletionRequest;
};

const stopChoice = { index: 0, delta: {}, finish_reason: 'stop' };

/**
 * A server that speaks OpenAI's chat completions protocol, streaming. It calls the first tool it is offered, once, and
 * then says what it was told of the result; a model named `refused` is answered with 401.
 */
export class ModelServer implements AsyncDisposable {
  readonly calls: SeenCall[] = [];
  /** What it does instead of answering, while it is set. */
  fault: 'fails' | 'is silent' | null = null;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the model server has no port');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body: ChatCompletionRequest = JSON.parse(Buffer.concat(chunks).toString());
    this.calls.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
    if (body.model === 'refused' || this.fault === 'fails') {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: { message: 'Incorrect API key provided: sk-test-secret.', type: 'invalid_request_error' },
        }),
      );
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const events = this.fault === 'is silent' ? silence(body) : eventsFor(body);
    for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end('data: [DONE]\n\n');
  }
}

function silence({ model }: ChatCompletionRequest): unknown[] {
  return [{ id: 'completion', object: 'chat.completion.chunk', created: 1, model, choices: [stopChoice] }];
}

function eventsFor({ model, messages, tools = [] }: ChatCompletionRequest): unknown[] {
  const frame = { id: 'completion', object: 'chat.completion.chunk', created: 1, model };
  const choice = (delta: unknown, finish_reason: string | null = null) => ({
    ...frame,
    choices: [{ index: 0, delta, finish_reason }],
  });
  const usage = { ...frame, choices: [], usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 } };
  const last = messages.at(-1);
  const tool = tools[0];
  if (last?.role === 'tool' || tool === undefined) {
    const words = ['The ', 'tool ', `said: ${String(last?.content).slice(0, 80)}`];
    return [...words.map((content) => choice({ role: 'assistant', content })), choice({}, 'stop'), usage];
  }
  const call = {
    index: 0,
    id: 'call_1',
    type: 'function',
    function: { name: tool.function.name, arguments: '{"query":"storage"}' },
  };
  return [choice({ role: 'assistant', tool_calls: [call] }), choice({}, 'tool_calls'), usage];
}
