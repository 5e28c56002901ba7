import { execFile } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('a server that accepts and never answers', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    server = createServer((socket) => sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    // The server has never let the client in, so nothing of it can have run.
    ['redis', 'TIMEOUT'],
    ['upstash', 'UNKNOWN_OUTCOME'],
  ])(
    'ends each call of %s at its deadline, and lets the process end by itself after close',
    async (engine, ofCommit) => {
      const address = server.address();
      const port = typeof address === 'object' ? String(address?.port) : '';
      const file = join(import.meta.dirname, 'silent-server.test-process.ts');
      // Killed if it has not ended by then, which rejects.
      const { stdout } = await promisify(execFile)(process.execPath, [file, engine, port], { timeout: 20_000 });
      expect(JSON.parse(stdout)).toEqual(['TIMEOUT', 'TIMEOUT', ofCommit, 'TIMEOUT', 'TIMEOUT']);
    },
    30_000,
  );
});
