import { connect, createServer, type Socket } from 'node:net';

export type RedisProxy = {
  readonly url: string;
  /** From now on what servers say goes nowhere, though they still are told all. */
  readonly mute: () => void;
  readonly unmute: () => void;
  /** The next `times` replies are lost, each together with its connection; the commands have run. */
  readonly loseReplies: (times: number) => void;
  readonly connections: () => number;
  /** Ends all connections, and takes no new one until it is `restored`. */
  readonly cut: () => Promise<void>;
  readonly restore: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A network between a client and a server of this machine, which fails as it is told to. */
export async function startProxy(port: number): Promise<RedisProxy> {
  let isMuted = false;
  let toLose = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream);
    upstream.on('data', (reply) => {
      if (isMuted) return;
      if (toLose === 0) return void client.write(reply);
      toLose -= 1;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  const cut = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `redis://127.0.0.1:${address.port}`,
    mute: () => {
      isMuted = true;
    },
    unmute: () => {
      isMuted = false;
    },
    loseReplies: (times) => {
      toLose = times;
    },
    connections: () => sockets.size / 2,
    cut,
    restore: () => new Promise<void>((resolve) => server.listen(address.port, '127.0.0.1', resolve)),
    stop: cut,
  };
}
