import { connect, type Socket } from 'node:net';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { overHttp } from '../testing/hostile/over-http.ts';
import { chunksIn, faultIn } from '../testing/hostile/judge.ts';
import { secret, worldOn } from '../testing/hostile/world.ts';

const host = 'host: localhost\r\ncookie: token=token-of-attacker-0\r\n';
const body = JSON.stringify({ message: { id: 'm', role: 'user', parts: [{ type: 'text', text: 'hello' }] } });
const post = `POST /api/chat/reject HTTP/1.1\r\n${host}content-type: application/json\r\n`;
const length = `content-length: ${body.length}\r\n`;

/** What `fetch` would not send, each with the status that is heard. */
const cases: readonly (readonly [string, string, number])[] = [
  ['two lengths that differ', `${post}content-length: 5\r\n${length}\r\n${body}`, 400],
  ['a length beside chunks', `${post}${length}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a length that is none', `${post}content-length: -5\r\n\r\n${body}`, 400],
  ['a length too short, and the rest as a next request', `${post}content-length: 10\r\n\r\n${body}`, 400],
  ['a length too long, and then silence', `${post}content-length: 5000\r\n\r\n${body}`, 400],
  ['chunks without a size', `${post}transfer-encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`, 400],
  ['a chunk larger than it says', `${post}transfer-encoding: chunked\r\n\r\n5\r\n${body}\r\n0\r\n\r\n`, 400],
  ['chunks without an end', `${post}transfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n`, 400],
  ['a transfer encoding that nobody knows', `${post}transfer-encoding: gzip, chunked, x\r\n\r\n${body}`, 400],
  ['no host', 'GET /api/sessions HTTP/1.1\r\n\r\n', 400],
  ['a zero in a header', `GET /api/sessions HTTP/1.1\r\n${host}x-session-id: a\0b\r\n\r\n`, 400],
  ['a header on two lines', `GET /api/sessions HTTP/1.1\r\n${host}x-session-id: a\r\n b\r\n\r\n`, 400],
  ['headers of a hundred kilobytes', `GET /api/sessions HTTP/1.1\r\n${host}x-a: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ['a path with a space', `GET /api/sessions/a b HTTP/1.1\r\n${host}\r\n`, 400],
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['no path', `OPTIONS * HTTP/1.1\r\n${host}connection: close\r\n\r\n`, 405],
  [
    'the address of another server',
    `GET http://elsewhere/api/sessions HTTP/1.1\r\n${host}connection: close\r\n\r\n`,
    404,
  ],
  ['half a request line', 'POST /api/chat/reject HT', 400],
];

describe('what comes through a socket and is no request', () => {
  it.each(cases)('is refused: %s', async (_name, bytes, status) => {
    await using world = await overHttp(await worldOn(memoryStorage(), { maxBodyMs: 100 }));
    const before = await world.dump();
    const heard = await say(world.port, bytes);
    expect(Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1])).toBe(status);
    expect(heard).not.toContain(secret);
    expect(await world.dump()).toEqual(before);
    await assertServes(world);
  });

  it('holds up nobody else: a hundred clients that send a letter now and then', async () => {
    await using world = await overHttp(await worldOn(memoryStorage(), { maxBodyMs: 100 }));
    const slow = Array.from({ length: 100 }, (_, index) => {
      const socket = connect(world.port, '127.0.0.1').on('error', () => {});
      socket.write(index % 2 === 0 ? 'POST /api/chat/rej' : `${post}content-length: 5000\r\n\r\n{`);
      return socket;
    });
    for (const socket of slow) socket.write('x');
    await assertServes(world);
    expect(slow.filter((socket) => !socket.destroyed).length).toBeGreaterThan(0);
    for (const socket of slow) socket.destroy();
  });
});

async function assertServes(world: Awaited<ReturnType<typeof overHttp>>): Promise<void> {
  const headers = { cookie: 'token=token-of-attacker-0', 'content-type': 'application/json' };
  const request = new Request('http://localhost/api/chat/reject', { method: 'POST', headers, body });
  const response = await world.answer(request);
  const heard = { status: response.status, headers: response.headers, text: await response.text() };
  expect([faultIn(heard), chunksIn(heard.text).at(-1)?.type]).toEqual([null, 'finish']);
}

/** All that is said back until the first answer is whole, or the connection ends; this end then closes. */
async function say(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<void>();
  let heard = '';
  socket.on('data', (data) => {
    heard += data.toString('latin1');
    if (heard.includes('\r\n\r\n')) resolve();
  });
  socket.on('error', () => resolve()).on('close', () => resolve());
  socket.write(Buffer.from(bytes, 'latin1'));
  if (!bytes.endsWith('\n') && !bytes.includes('\r\n\r\n')) socket.end();
  await promise;
  socket.destroy();
  return heard;
}
