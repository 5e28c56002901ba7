import { createServer } from 'node:http';
import { nodeHandler } from './node-handler.ts';

/** Serves a handler of web standards on a free port of this machine until it is aborted, and gives that port. */
export async function listen(
  answer: (request: Request) => Promise<Response>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const server = createServer(nodeHandler(answer));
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', ...(signal && { signal }) }, resolve),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}
