import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { buffer } from 'node:stream/consumers';

export type Proxy = AsyncDisposable & { readonly url: string };

/** What stands in front of several servers: each request goes to the next that answers, and nothing is held back. */
export async function startProxy(urls: readonly string[]): Promise<Proxy> {
  let count = 0;
  const proxy = createServer((incoming, outgoing) => {
    const onward = (body: Buffer, tries: number) => {
      const to = new URL(incoming.url ?? '/', urls[count++ % urls.length]);
      const { method, headers } = incoming;
      const asking = ask(to, { method, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('error', () => outgoing.destroy()).pipe(outgoing);
      });
      // It may be sent twice: a message is answered once, by its id. A lost answer is the client's to ask for.
      asking.on('error', () => (tries > 1 && !outgoing.headersSent ? onward(body, tries - 1) : outgoing.destroy()));
      outgoing.on('close', () => asking.destroy());
      asking.end(body);
    };
    buffer(incoming).then(
      (body) => onward(body, urls.length),
      () => outgoing.destroy(),
    );
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
