import { createServer } from 'node:http';
import { nodeHandler } from './node-handler.ts';

/** Serves a handler of web standards on a free port of this machine, and gives that port. */
export async function listen(answer: (request: Request) => Promise<Response>): Promise<number> {
  const server = createServer(nodeHandler(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}
