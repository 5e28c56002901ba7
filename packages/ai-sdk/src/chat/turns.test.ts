import { memoryStorage } from '@stateroom/core/memory';
import { convertToModelMessages, tool, validateUIMessages } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Agent, defineAgent, type AgentOptions } from '../agent/agent.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';
import { load, routeOn, untilRuns } from '../testing/desk.ts';
import { ask, messageOf, post, textOf, userMessage } from '../testing/talk.ts';

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');

/** Two servers on one storage, whose model takes its time. */
function servers(options: Partial<AgentOptions> & ScriptedModelOptions = {}) {
  const { delayMs = 20, reply = ({ userText }) => ({ text: `${userText}: ${words(20)}` }), ...agentOptions } = options;
  const calls: string[] = [];
  const counting: ScriptedModelOptions['reply'] = (situation) => {
    calls.push(situation.userText);
    return reply(situation);
  };
  const agent = defineAgent({
    id: 'desk',
    model: scriptedModel({ delayMs, reply: counting }),
    instructions: '',
    tools: {},
    ...agentOptions,
  });
  const storage = memoryStorage();
  const serve = () => routeOn(storage, { agents: [agent], turns: { leaseMs: 2000 } });
  return { storage, calls, here: serve(), there: serve() };
}

const soon = (ms = 150) => new Promise((resolve) => setTimeout(resolve, ms));

async function begun(options?: Parameters<typeof servers>[0]) {
  const room = servers(options);
  const answer = post(room.here, { id: 's', message: userMessage('hello', 'm1'), create: true });
  await untilRuns(room.storage);
  return { ...room, answer };
}

describe('a turn that runs', () => {
  it('is followed from another server, from its first word to its end', async () => {
    const { there, answer, calls } = await begun();
    const followed = await ask(there, 'GET', { id: 's', turn: 'm1#1' });
    expect(followed.headers.get('x-turn-id')).toBe(encodeURIComponent('m1#1'));
    expect(followed.chunks).toEqual((await answer).chunks);
    const running = await ask(there, 'GET', { id: 's' });
    expect([running.status, calls]).toEqual([204, ['hello']]);
  });

  it('is found without its id, and is nobody else’s', async () => {
    const { there, answer } = await begun();
    const stranger = await ask(there, 'GET', { id: 's', turn: 'm1#1', owner: 'you' });
    expect([stranger.status, stranger.body]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    expect((await ask(there, 'DELETE', { id: 's', turn: 'm1#1', owner: 'you' })).status).toBe(404);
    const followed = await ask(there, 'GET', { id: 's' });
    expect(textOf(followed)).toBe(textOf(await answer));
  });

  it('is joined by the same message, and answered once', async () => {
    const { there, answer, calls } = await begun();
    const joined = await post(there, { id: 's', message: userMessage('hello', 'm1') });
    expect(joined.chunks).toEqual((await answer).chunks);
    const again = await post(there, { id: 's', message: userMessage('hello', 'm1') });
    expect([again.chunks, calls]).toEqual([(await answer).chunks, ['hello']]);
    const other = await post(there, { id: 's', message: userMessage('other words', 'm1') });
    expect([other.status, other.body]).toMatchObject([409, { error: { path: 'message.id' } }]);
  });

  it('turns down another message, and names itself', async () => {
    const { there, answer } = await begun();
    const refused = await post(there, { id: 's', message: userMessage('and?', 'm2') });
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'CONFLICT', turnId: 'm1#1' } }]);
    await answer;
    expect((await post(there, { id: 's', message: userMessage('and?', 'm2') })).status).toBe(200);
  });

  it('keeps its message though it is not over', async () => {
    const { storage, answer } = await begun();
    const found = await load(storage, 's');
    expect(found).toMatchObject({ messages: [{ id: 'm1', role: 'user' }], runningTurnId: 'm1#1' });
    await answer;
    expect(await load(storage, 's')).toMatchObject({ runningTurnId: null });
  });
});

describe('a stop', () => {
  it('from another server leaves what was said until then, and its use of tokens as an estimate', async () => {
    const { storage, there, answer } = await begun({
      reply: ({ userText }) => ({ text: words(userText === 'hello' ? 200 : 1) }),
    });
    const stopped = await ask(there, 'DELETE', { id: 's', turn: 'm1#1' });
    expect([stopped.status, stopped.body]).toEqual([200, { status: 'asked' }]);
    const { chunks } = await answer;
    expect(chunks.slice(-3).map(({ type }) => type)).toEqual(['data-orchestration', 'finish', 'abort']);
    const text = textOf({ ...(await answer) });
    expect(words(200).startsWith(text.trim()) && text.length > 0 && text.length < words(200).length).toBe(true);
    const found = await load(storage, 's');
    expect(found?.messages[1]?.parts).toContainEqual(expect.objectContaining({ type: 'text', text, state: 'done' }));
    expect(found?.state.cumulativeTokenUsage.outputTokens).toBeGreaterThan(0);
    expect((await post(there, { id: 's', message: userMessage('go on') })).chunks.at(-1)?.type).toBe('finish');
  });

  it('does not wait for a tool, whose call is closed', async () => {
    const order: string[] = [];
    const slow = tool({
      inputSchema: z.object({}),
      execute: async (_input, { abortSignal }) => {
        abortSignal?.addEventListener('abort', () => order.push('told'), { once: true });
        await soon(3000);
        order.push('tool');
        return 'done';
      },
    });
    const { storage, there, answer } = await begun({
      tools: { slow },
      reply: ({ toolResults }) =>
        toolResults.length === 0 ? { toolCalls: [{ name: 'slow', input: {} }] } : { text: 'ok' },
    });
    await ask(there, 'DELETE', { id: 's', turn: 'm1#1' });
    await answer;
    order.push('over');
    const found = await load(storage, 's');
    expect(found?.messages[1]?.parts).toContainEqual(
      expect.objectContaining({ type: 'tool-slow', state: 'output-error' }),
    );
    expect(order).toEqual(['told', 'over']);
    expect((await post(there, { id: 's', message: userMessage('next') })).status).toBe(200);
  });
});

describe('an answer', () => {
  it('is given anew on request, in place of the first, by the id of either message', async () => {
    let n = 0;
    const { storage, here, there } = servers({ delayMs: 0, reply: () => ({ text: `answer ${++n}` }) });
    await post(here, { id: 's', message: userMessage('first', 'm1'), create: true });
    await post(here, { id: 's', message: userMessage('second', 'm2') });
    const ids = (await load(storage, 's'))?.messages.map(({ id }) => id) ?? [];
    expect(textOf(await post(there, { id: 's', regenerate: ids[3] }))).toBe('answer 3');
    expect(textOf(await post(there, { id: 's', regenerate: 'm2' }))).toBe('answer 4');
    expect(textOf(await post(there, { id: 's', regenerate: null }))).toBe('answer 5');
    const found = await load(storage, 's');
    expect(found?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(found?.state.turnCount).toBe(2);
    expect(textOf(await post(there, { id: 's', regenerate: 'm1' }))).toBe('answer 6');
    expect((await load(storage, 's'))?.messages).toHaveLength(2);
    const unknown = await post(there, { id: 's', regenerate: 'm7' });
    expect([unknown.status, unknown.body]).toMatchObject([400, { error: { path: 'regenerate' } }]);
  });

  it('is told that the conversation has moved on, when another window took back what it was to replace', async () => {
    const { here, there, answer } = await begun({ overlap: 'enqueue' });
    await answer;
    await post(here, { id: 's', message: userMessage('two', 'm2') });
    const running = post(here, { id: 's', message: userMessage('three', 'm3') });
    await soon();
    const first = post(here, { id: 's', message: userMessage('other', 'm4'), replaces: 'm1' });
    await soon();
    const second = post(there, { id: 's', message: userMessage('another', 'm5'), replaces: 'm2' });
    const { status, body, chunks } = await second;
    const told = JSON.stringify([body ?? null, chunks]);
    expect([status === 409 || status === 200, told]).toEqual([true, expect.stringMatching(/CONFLICT.*gone meanwhile/)]);
    await Promise.all([running, first]);
  });

  it('is given to a message that was changed, and all that came after is gone', async () => {
    const { storage, here } = servers({ delayMs: 0, reply: ({ userText }) => ({ text: `You said ${userText}` }) });
    await post(here, { id: 's', message: userMessage('first', 'm1'), create: true });
    await post(here, { id: 's', message: userMessage('second', 'm2') });
    const changed = await post(here, { id: 's', message: userMessage('other', 'm1'), replaces: 'm1' });
    expect(textOf(changed)).toBe('You said other');
    expect((await load(storage, 's'))?.messages.map(({ id }) => id)).toEqual(['m1', expect.any(String)]);
    await post(here, { id: 's', message: userMessage('new', 'm3'), replaces: 'm1' });
    expect((await load(storage, 's'))?.messages.map(({ id }) => id)).toEqual(['m3', expect.any(String)]);
  });

  it('that is long over is made of the transcript again, as the SDK reads it', async () => {
    const search = tool({ inputSchema: z.object({}), execute: () => ({ found: 1 }) });
    const { storage, there } = servers({
      delayMs: 0,
      tools: { search },
      reply: ({ toolResults }) =>
        toolResults.length === 0
          ? { text: 'Let me see.', toolCalls: [{ name: 'search', input: {} }] }
          : { text: 'It is 1.' },
    });
    const first = await post(there, { id: 's', message: userMessage('what?', 'm1'), create: true });
    const streams = (await storage.scan('', null, 100)).found.filter(({ key }) => key.includes(':stream:'));
    for (const { key } of streams) {
      const { length } = (await storage.read({ lists: [{ key }] })).lists[0] ?? { length: 0 };
      await storage.commit({ checks: [{ key, length }], changes: [{ type: 'delete', key }] });
    }
    const again = await ask(there, 'GET', { id: 's', turn: 'm1#1' });
    expect(again.chunks.at(-1)?.type).toBe('finish');
    expect(await messageOf(again)).toEqual(await messageOf(first));
    expect((await load(storage, 's'))?.messages[1]).toEqual(await messageOf(first));
  });
});

describe('a message that waits, and is posted again', () => {
  it('is answered once, and to all of ten, though the first who posted it has gone', async () => {
    const { here, there, storage, calls, answer } = await begun({ overlap: 'enqueue' });
    const client = new AbortController();
    const body = { id: 's', message: userMessage('and?', 'm2') };
    const first = post(here, body, { signal: client.signal }).catch(() => null);
    await soon(50);
    const others = Array.from({ length: 10 }, (_, index) => post(index % 2 ? here : there, body));
    await soon(50);
    client.abort();
    const answers = await Promise.all(others);
    await Promise.all([first, answer]);
    for (const { chunks } of answers) expect(chunks).toEqual(answers[0]?.chunks);
    expect([textOf(answers[0] ?? (await answer)), calls]).toEqual([`and?: ${words(20)}`, ['hello', 'and?']]);
    const asked = (await load(storage, 's'))?.messages.filter(({ role }) => role === 'user');
    expect(asked?.map(({ id }) => id)).toEqual(['m1', 'm2']);
  });

  it.each(['enqueue', 'steer'] as const)('is answered as it came first, where the policy is %s', async (overlap) => {
    const { here, there, storage, answer } = await begun({ overlap, delayMs: 10 });
    const first = post(here, { id: 's', message: userMessage('and?', 'm2') });
    await soon(50);
    const other = await post(there, { id: 's', message: userMessage('other words', 'm2') });
    expect([other.status, other.body]).toMatchObject([409, { error: { code: 'CONFLICT', path: 'message.id' } }]);
    expect(textOf(await first)).toContain(words(20));
    await answer;
    const found = (await load(storage, 's'))?.messages.find(({ id }) => id === 'm2');
    expect(found?.parts).toEqual([{ type: 'text', text: 'and?' }]);
  });

  it('is stopped for both', async () => {
    const { here, there, calls, answer } = await begun({ overlap: 'enqueue' });
    const body = { id: 's', message: userMessage('and?', 'm2') };
    const [first, second] = [post(here, body), soon(50).then(() => post(there, body))];
    await soon();
    expect((await ask(there, 'DELETE', { id: 's', turn: 'm2#1' })).body).toEqual({ status: 'asked' });
    expect([(await first).chunks, (await second).chunks]).toEqual([[{ type: 'abort' }], [{ type: 'abort' }]]);
    await answer;
    expect(calls).toEqual(['hello']);
  });
});

describe('ten messages at once, on two servers', () => {
  async function ten(overlap: Agent['overlap']) {
    const room = servers({ overlap, delayMs: 5 });
    await post(room.here, { id: 's', message: userMessage('first', 'm0'), create: true });
    const ids = Array.from({ length: 10 }, (_, index) => `n${index}`);
    const answers = await Promise.all(
      ids.map((id, index) => post(index % 2 ? room.here : room.there, { id: 's', message: userMessage(id, id) })),
    );
    const found = await load(room.storage, 's');
    const messages = [...(found?.messages ?? [])];
    await validateUIMessages({ messages });
    await convertToModelMessages(messages);
    return { answers, messages, asked: messages.filter(({ role }) => role === 'user').map(({ id }) => id) };
  }

  it('give one turn, where the policy is reject', async () => {
    const { answers, asked } = await ten('reject');
    expect(Map.groupBy(answers, ({ status }) => status).get(409)).toHaveLength(9);
    expect(asked).toHaveLength(2);
  });

  it('give ten, one after the other, where it is enqueue', async () => {
    const { answers, messages, asked } = await ten('enqueue');
    expect(answers.map(({ chunks }) => chunks.at(-1)?.type)).toEqual(Array.from({ length: 10 }, () => 'finish'));
    expect(messages.map(({ role }) => role)).toEqual(Array.from({ length: 11 }, () => ['user', 'assistant']).flat());
    expect(new Set(asked).size).toBe(11);
  });

  it('give ten, all but the last interrupted, where it is interrupt', async () => {
    const { answers, asked } = await ten('interrupt');
    expect(answers.filter(({ chunks }) => chunks.at(-1)?.type === 'finish').length).toBeGreaterThanOrEqual(1);
    expect(answers.every(({ chunks }) => ['finish', 'abort'].includes(chunks.at(-1)?.type ?? ''))).toBe(true);
    expect(asked).toHaveLength(11);
  });

  it('leave what was not taken back, where it is rollback', async () => {
    const { answers, asked } = await ten('rollback');
    const finished = answers.filter(({ chunks }) => chunks.at(-1)?.type === 'finish').length;
    expect(asked).toHaveLength(1 + finished);
  });

  it('are all answered, each in one turn, where it is steer', async () => {
    const { answers, asked } = await ten('steer');
    expect(answers.every(({ chunks }) => chunks.at(-1)?.type === 'finish')).toBe(true);
    expect([asked.length, new Set(asked).size]).toEqual([11, 11]);
  });
});
