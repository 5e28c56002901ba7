import { describe, expect, it } from 'vitest';
import { AppServer } from './app-server.ts';
import { Guest } from './guest.ts';
import { chatCompletions } from './providers/chat-completions.ts';
import { messages } from './providers/messages.ts';
import { ProviderServer } from './providers/provider-server.ts';
import { responses } from './providers/responses.ts';

const key = 'sk-test-secret';
const search = { name: 'search_docs', input: '{"query":"storage"}' };

describe('the app talks over HTTP', () => {
  it.each([
    [
      'to a server that speaks chat completions',
      chatCompletions,
      'local-1',
      (url: string) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: key, STATEROOM_MODEL: 'local-1' }),
    ],
    [
      'to a server that speaks Responses',
      responses(),
      'local-2',
      (url: string) => ({ OPENAI_BASE_URL: url, STATEROOM_OPENAI_API: 'responses', STATEROOM_MODEL: 'openai:local-2' }),
    ],
    [
      'to a server that speaks as Anthropic does',
      messages,
      'claude-haiku-5-5',
      (url: string) => ({ ANTHROPIC_BASE_URL: new URL(url).origin, ANTHROPIC_API_KEY: key }),
    ],
  ])(
    '%s, with the tools of the step and the history, and neither shows nor logs its key',
    async (_, protocol, model, env) => {
      await using models = new ProviderServer(protocol);
      await using server = await AppServer.start({ ...env(await models.start()), STATEROOM_SQLITE_PATH: ':memory:' });
      const guest = await Guest.arrive(server);
      models.willSay({ calls: [search] }, { text: 'It is in one place.' }, { status: 401 });
      const first = await guest.say(server, 'research', { text: 'Where is it stored?' });
      expect([first.text, first.after?.recentlyUsedTools]).toEqual(['It is in one place.', ['search_docs']]);
      expect(first.after?.cumulativeTokenUsage).toMatchObject({ inputTokens: 40, outputTokens: 20 });
      const second = await guest.say(server, 'research', { id: first.sessionId, text: 'And then?' });
      const last = second.chunks.at(-1);
      expect(last?.type === 'error' && JSON.parse(last.errorText)).toMatchObject({ error: { code: 'MODEL' } });
      expect(models.faults).toEqual([]);
      expect(models.requests.map((request) => [request.model, request.tools])).toEqual(
        Array.from({ length: 3 }, () => [model, ['search_docs', 'read_page']]),
      );
      expect(models.requests.at(-1)?.said.map((line) => line.split(' ', 1)[0])).toEqual([
        'user:',
        'call:',
        'result:',
        'assistant:',
        'user:',
      ]);
      expect(await (await fetch(server.url)).text()).toContain(model);
      expect(
        first.body + second.body + server.log + (await guest.open(server, 'research', first.sessionId)),
      ).not.toContain(key);
      expect(server.log).toContain('AI_APICallError 401');
    },
  );
});
