import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { createSessionRoute } from '../sessions/session-route.ts';
import { desk, routeOn } from '../testing/desk.ts';
import { post, userMessage } from '../testing/talk.ts';

describe('an id', () => {
  it.each(['.', '..'])('that a URL cannot hold names no new session: %s', async (id) => {
    const chat = routeOn(memoryStorage());
    const message = userMessage('hello');
    const answers = [
      await post(chat, { id, message, create: true }),
      await post(chat, { message, create: true }, { headers: { 'x-session-id': id } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  });

  it('begins where the path of the route ends', async () => {
    const storage = memoryStorage();
    const chat = routeOn(storage);
    const route = createSessionRoute({ agents: [desk()], storage, identify: () => 'me' });
    await post(chat, { id: 's', message: userMessage('hello'), create: true });
    const statuses = ['/api/sessions/s', '/app/api/sessions/s/', '/api/sessionss', '/api/sessions-old/s'].map(
      async (path) => (await route.GET(new Request(`http://localhost${path}`))).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404]);
  });
});
