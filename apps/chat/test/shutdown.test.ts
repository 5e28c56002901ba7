import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppServer } from './app-server.ts';
import { Guest } from './guest.ts';

describe('an app that is asked to end', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stateroom-shutdown-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('ends though a window watches and an answer is being written, and keeps what was said', async () => {
    const env = { STATEROOM_SQLITE_PATH: join(folder, 'chat.db'), STATEROOM_MODEL: 'scripted' };
    const server = await AppServer.start({ ...env, STATEROOM_SCRIPTED_DELAY_MS: '200' });
    const guest = await Guest.arrive(server);
    const { body, sessionId } = await guest.begin(server, 'research', 'How is a session kept safe?');
    const events = await guest.get(server, `/api/sessions/${sessionId}/events`);
    const reader = events.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('"runningTurnId":"');
    const ending = server.stop('SIGTERM');
    expect(await new Response(body).text()).toContain('"type":"abort"');
    await ending;
    await using next = await AppServer.start(env);
    const found = await (await guest.get(next, `/api/sessions/${sessionId}`)).json();
    expect(found).toMatchObject({ runningTurnId: null, turns: [{ status: 'interrupted' }] });
    const answer = await guest.say(next, 'research', { id: sessionId, text: 'Go on.' });
    expect([answer.status, answer.after?.turnCount]).toEqual([200, 2]);
  });
});
