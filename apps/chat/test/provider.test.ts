import { describe, expect, it } from 'vitest';
import { AppServer } from './app-server.ts';
import { Guest } from './guest.ts';
import { ModelServer } from './model-server.ts';

describe('the app with an OpenAI-compatible server', () => {
  it('talks to it over HTTP, with the tools of the active step and the history', async () => {
    await using models = new ModelServer();
    const env = { OPENAI_BASE_URL: await models.start(), OPENAI_API_KEY: 'sk-test-secret', STATEROOM_MODEL: 'local-1' };
    await using server = await AppServer.start({ ...env, STATEROOM_SQLITE_PATH: ':memory:' });
    const guest = await Guest.arrive(server);
    const first = await guest.say(server, 'research', { text: 'Where is it stored?' });
    expect(first.text).toMatch(/^The tool said: /);
    expect(first.after).toMatchObject({
      recentlyUsedTools: ['search_docs'],
      cumulativeTokenUsage: { inputTokens: 40, outputTokens: 20, totalTokens: 60 },
    });
    await guest.say(server, 'research', { id: first.sessionId, text: 'And then?' });
    const [call, , later] = models.calls;
    expect([call?.path, call?.authorization, call?.body.model]).toEqual([
      '/v1/chat/completions',
      'Bearer sk-test-secret',
      'local-1',
    ]);
    expect(call?.body.tools?.map(({ function: { name } }) => name)).toEqual(['search_docs', 'read_page']);
    const said = later?.body.messages.filter(({ role }) => role !== 'system');
    expect(said?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
    expect(await (await fetch(server.url)).text()).toContain('local-1');
  });

  it('tells a refusal as a model that could not answer, and neither shows nor logs the key', async () => {
    await using models = new ModelServer();
    const env = { OPENAI_BASE_URL: await models.start(), OPENAI_API_KEY: 'sk-test-secret', STATEROOM_MODEL: 'refused' };
    await using server = await AppServer.start({ ...env, STATEROOM_SQLITE_PATH: ':memory:' });
    const guest = await Guest.arrive(server);
    const answer = await guest.say(server, 'research', { text: 'Hello?' });
    const last = answer.chunks.at(-1);
    expect(last?.type === 'error' && JSON.parse(last.errorText)).toMatchObject({ error: { code: 'MODEL' } });
    expect(answer.body + server.log + (await guest.open(server, 'research', answer.sessionId))).not.toContain(
      'sk-test',
    );
    expect(server.log).toContain('401');
  });
});
