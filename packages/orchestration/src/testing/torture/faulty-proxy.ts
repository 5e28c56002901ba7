import { connect, createServer, type Server, type Socket } from 'node:net';

/** `silent`: the connection stands, and nothing comes through it any more. */
export type NetworkFault = 'cut' | 'half-closed' | 'delayed' | 'lost reply' | 'silent';

type Pair = { readonly client: Socket; readonly upstream: Socket; isSilent: boolean };

/** A network between one client and a server of this machine, which fails in the way it is told to. */
export class FaultyProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #delayedUntil = 0;
  #repliesToLose = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(upstreamPort: number): Promise<FaultyProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
    const proxy = new FaultyProxy(server, address.port);
    server.on('connection', (client) => proxy.#connect(client, connect(upstreamPort, '127.0.0.1')));
    return proxy;
  }

  /** What lasts goes on for `ms`. */
  fail(fault: NetworkFault, ms: number): void {
    switch (fault) {
      case 'cut':
        for (const { client, upstream } of this.#pairs) [client, upstream].forEach((socket) => socket.destroy());
        return;
      case 'half-closed':
        for (const { client, upstream } of this.#pairs) (ms % 2 < 1 ? client : upstream).end();
        return;
      case 'delayed':
        this.#delayedUntil = performance.now() + ms;
        return;
      case 'silent':
        return this.#silence(ms);
      case 'lost reply':
        this.#repliesToLose += 1;
    }
  }

  async close(): Promise<void> {
    this.fail('cut', 0);
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** On a connection that has lost something nothing comes any more: else later bytes would be taken for it. */
  #silence(ms: number): void {
    for (const pair of this.#pairs) {
      pair.isSilent = true;
      setTimeout(() => pair.client.destroy(), ms).unref();
    }
  }

  #connect(client: Socket, upstream: Socket): void {
    const pair: Pair = { client, upstream, isSilent: false };
    this.#pairs.add(pair);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    client.on('close', () => {
      this.#pairs.delete(pair);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
    this.#forward(client, upstream, () => pair.isSilent);
    this.#forward(upstream, client, () => pair.isSilent || this.#losesReply(client));
  }

  #losesReply(client: Socket): boolean {
    if (this.#repliesToLose === 0) return false;
    this.#repliesToLose -= 1;
    client.destroy();
    return true;
  }

  /** In order, however late. */
  #forward(from: Socket, to: Socket, isLost: () => boolean): void {
    let last: Promise<void> = Promise.resolve();
    from.on('data', (bytes) => {
      if (isLost()) return;
      const waitMs = performance.now() < this.#delayedUntil ? Math.random() * 300 : 0;
      const before = last;
      last = (async () => {
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        await before;
        if (!to.destroyed) to.write(bytes);
      })();
    });
    from.on('end', () => void last.then(() => to.end()));
  }
}
