import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { createSessionRoute } from '../sessions/session-route.ts';
import { desk, routeOn } from '../testing/desk.ts';
import { nodeHandler } from '../testing/node-handler.ts';
import { post, readAnswer, userMessage } from '../testing/talk.ts';

const neverEnding = () =>
  new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"a":')) });
const posted = (path: string, body: ReadableStream) =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'x-owner': 'me', 'content-type': 'application/json' },
    body,
    duplex: 'half',
  });

describe('a body', () => {
  it('that never comes to its end is refused when its time is over', async () => {
    const limits = { maxBodyMs: 20 };
    const storage = memoryStorage();
    const chat = routeOn(storage, { limits });
    const route = createSessionRoute({ agents: [desk()], storage, identify: () => 'me', limits });
    await post(chat, { id: 's', message: userMessage('hello'), create: true });
    const answers = [
      await readAnswer(await chat.POST(posted('/api/chat/desk', neverEnding()))),
      await readAnswer(await route.POST(posted('/api/sessions/s/rewind', neverEnding()))),
    ];
    for (const { status, body } of answers)
      expect([status, body]).toMatchObject([
        400,
        { error: { code: 'INVALID', path: '$', message: expect.stringContaining('20 ms') } },
      ]);
  });

  it('that is too large is answered, though its client is still sending', async () => {
    const route = routeOn(memoryStorage());
    await using server = createServer(nodeHandler((request) => route.POST(request)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const headers = { 'x-owner': 'me', 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const sending = httpRequest({ port, path: '/api/chat/desk', method: 'POST', headers });
    const answered = once(sending, 'response');
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 6; count++) sending.write(megabyte);
    const [response]: AsyncIterable<Buffer>[] = await answered;
    let text = '';
    for await (const chunk of response ?? []) text += chunk.toString();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'TOO_LARGE', path: '$' } });
    sending.destroy();
    server.closeAllConnections();
  });

  it('is quoted in short, however long it is', async () => {
    const answer = await post(routeOn(memoryStorage()), { regenerate: null, ['key'.repeat(100_000)]: 1 });
    expect([answer.status, JSON.stringify(answer.body).length < 1000]).toEqual([400, true]);
  });
});
