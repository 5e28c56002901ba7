import { once } from 'node:events';
import { createServer } from 'node:http';
import { nodeHandler } from '../node-handler.ts';
import type { World } from './world.ts';

/** A request that has not reached the server, or not whole. */
export class UnsentError extends Error {
  override readonly name = 'UnsentError';
}

/** The same world, whose answers come through sockets of this machine. */
export async function overHttp(world: World): Promise<World & { readonly port: number }> {
  const server = createServer(nodeHandler(world.answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  const { port } = address;
  return {
    ...world,
    port,
    answer: async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, body, signal } = request;
      const headers = new Headers(request.headers);
      // A fetch that is told to lie about a length waits for ever; raw sockets lie in hostile-sockets.test.ts.
      headers.delete('content-length');
      const sent = body === null ? {} : { body, duplex: 'half' as const };
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, { method, headers, signal, ...sent }).catch(
        (cause: unknown) => {
          throw new UnsentError('fetch has failed', { cause });
        },
      );
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await world[Symbol.asyncDispose]();
    },
  };
}
