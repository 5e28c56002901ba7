import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** A handler of the web standard as one of Node's own server. */
export function nodeHandler(handle: (request: Request) => Promise<Response>): RequestListener {
  return (incoming, outgoing) => {
    answer(handle, incoming, outgoing).catch(() => outgoing.destroy());
  };
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const leaving = new AbortController();
  outgoing.on('close', () => leaving.abort());
  const response = await handle(requestOf(incoming, leaving.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  const isWanted = incoming.method !== 'HEAD' && !leaving.signal.aborted;
  const reader = isWanted ? response.body?.getReader() : undefined;
  outgoing.on('close', () => void reader?.cancel().catch(() => {}));
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) outgoing.write(next.value);
  outgoing.end();
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', headers } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://localhost${url.startsWith('/') ? url : '/'}`, {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    signal,
    // Node's type of a web stream is not the one of the global Request, which takes it.
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' as const }),
  });
}
