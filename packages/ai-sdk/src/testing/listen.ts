import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** Serves a handler of web standards on a free port of this machine, and gives that port. */
export async function listen(answer: (request: Request) => Promise<Response>): Promise<number> {
  const server = createServer((incoming, outgoing) => void serve(answer, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}

async function serve(
  answer: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const leaving = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) leaving.abort();
  });
  const response = await answer(requestOf(incoming, leaving.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  for await (const chunk of response.body ?? []) outgoing.write(chunk);
  outgoing.end();
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/' } = incoming;
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const init = { method, headers, signal };
  if (method !== 'POST') return new Request(new URL(url, 'http://localhost'), init);
  return new Request(new URL(url, 'http://localhost'), { ...init, body: Readable.toWeb(incoming), duplex: 'half' });
}
