import { memoryStorage } from '@stateroom/core/memory';
import { flaky } from '@stateroom/core/testing';
import { tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../agent/agent.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';
import { desk, load, ran, routeOn, tools, workflow } from '../testing/desk.ts';
import { post, stateOf, textOf, userMessage } from '../testing/talk.ts';

describe('a turn', () => {
  it('does not carry out a tool that the step does not allow, and tells the model what is', async () => {
    ran.length = 0;
    const answers: unknown[] = [];
    const agent = desk(({ toolResults }) => {
      answers.push(...toolResults.map(({ output }) => output));
      return toolResults.length === 0 ? { toolCalls: [{ name: 'publish', input: {} }] } : { text: 'I may not.' };
    });
    const storage = memoryStorage();
    const answer = await post(routeOn(storage, { agents: [agent] }), {
      id: 's',
      message: userMessage('publish!'),
      create: true,
    });
    expect(ran).toEqual([]);
    expect(answers).toEqual([expect.stringContaining('search, read_page')]);
    expect(stateOf(answer)).toMatchObject({ activeStep: 'research', recentlyUsedTools: [] });
    expect(JSON.stringify((await load(storage, 's'))?.messages)).toContain('search, read_page');
  });

  it('offers the tools of the new step as soon as a tool has moved it', async () => {
    ran.length = 0;
    const offers: string[][] = [];
    const agent = desk(({ offeredTools }) => {
      offers.push(offeredTools.map(({ name }) => name));
      if (offers.length === 1) return { toolCalls: [{ name: 'read_page', input: { path: 'a' } }] };
      return offers.length === 2 ? { toolCalls: [{ name: 'publish', input: {} }] } : { text: 'Done.' };
    });
    await post(routeOn(memoryStorage(), { agents: [agent] }), { message: userMessage('go') });
    expect([offers, ran]).toEqual([
      [['search', 'read_page'], ['publish'], ['publish']],
      ['read_page', 'publish'],
    ]);
  });

  it('goes on to its end and is stored when its reader leaves', async () => {
    const storage = memoryStorage();
    const turns: Promise<void>[] = [];
    const agent = defineAgent({ id: 'desk', model: scriptedModel({ delayMs: 5 }), instructions: '', tools, workflow });
    const route = routeOn(storage, { agents: [agent], waitUntil: (turn) => turns.push(turn) });
    const leaving = new AbortController();
    const request = new Request('http://localhost/api/chat/desk', {
      method: 'POST',
      headers: { 'x-owner': 'me', 'content-type': 'application/json' },
      body: JSON.stringify({ id: 's', message: userMessage('What moves the tides?'), create: true }),
      signal: leaving.signal,
    });
    const reader = (await route.POST(request)).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    leaving.abort();
    await Promise.all(turns);
    const conversation = await load(storage, 's');
    expect(conversation?.state).toMatchObject({ turnCount: 1, recentlyUsedTools: ['search'] });
    expect(JSON.stringify(conversation?.messages[1])).toContain('tides.md');
  });

  it('that the model fails is told without its reason; what was said stays, and the message may be sent again', async () => {
    const storage = memoryStorage();
    let isDown = true;
    const agent = desk(({ userText, userMessages }) => {
      if (isDown) throw new Error('401: bad key sk-secret for /srv/app');
      return { text: `You said ${userText}${'!'.repeat(userMessages)}` };
    });
    const route = routeOn(storage, { agents: [agent] });
    const message = userMessage('hello');
    const failed = await post(route, { id: 's', message, create: true });
    const last = failed.chunks.at(-1);
    expect(last?.type === 'error' && JSON.parse(last.errorText)).toMatchObject({ error: { code: 'MODEL' } });
    expect(JSON.stringify(failed.chunks)).not.toMatch(/sk-secret|srv/);
    expect((await load(storage, 's'))?.messages.map(({ role }) => role)).toEqual(['user']);
    expect((await load(storage, 's'))?.state.turnCount).toBe(0);
    isDown = false;
    expect(textOf(await post(route, { id: 's', message }))).toBe('You said hello!');
    expect((await load(storage, 's'))?.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    const again = await post(route, { id: 's', message });
    expect(textOf(again)).toBe('You said hello!');
    expect((await load(storage, 's'))?.messages).toHaveLength(2);
  });

  it('takes an id again for the same words alone, and never that of an answer', async () => {
    const storage = memoryStorage();
    const failing = desk(() => {
      throw new Error('down');
    });
    await post(routeOn(storage, { agents: [failing] }), {
      id: 's',
      message: userMessage('original', 'm1'),
      create: true,
    });
    const route = routeOn(storage);
    expect((await post(route, { id: 's', message: userMessage('edited', 'm1') })).status).toBe(409);
    expect((await post(route, { id: 's', message: userMessage('original', 'm1') })).status).toBe(200);
    const answerId = (await load(storage, 's'))?.messages.at(-1)?.id ?? '';
    expect((await post(route, { id: 's', message: userMessage('hello', answerId) })).status).toBe(409);
    expect((await load(storage, 's'))?.messages).toHaveLength(2);
  });

  it('whose model breaks off keeps what was said and done until then', async () => {
    ran.length = 0;
    const storage = memoryStorage();
    const model = scriptedModel();
    const breaking = {
      ...model,
      doStream: async (options: Parameters<typeof model.doStream>[0]) => {
        const { stream } = await model.doStream(options);
        if (ran.length === 0) return { stream };
        let parts = 0;
        const cut = new TransformStream<unknown, never>({
          transform: (part, controller) => {
            if (parts++ > 4) throw new Error('socket hang up');
            controller.enqueue(part as never);
          },
        });
        return { stream: stream.pipeThrough(cut) };
      },
    };
    const agent = defineAgent({ id: 'desk', model: breaking, instructions: '', tools, workflow });
    const answer = await post(routeOn(storage, { agents: [agent] }), {
      id: 's',
      message: userMessage('go'),
      create: true,
    });
    const last = answer.chunks.at(-1);
    expect(last?.type === 'error' && JSON.parse(last.errorText)).toMatchObject({ error: { code: 'MODEL' } });
    expect(stateOf(answer)).toMatchObject({ recentlyUsedTools: ['search'], turnCount: 0 });
    const stored = await load(storage, 's');
    expect(stored?.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(stored?.messages[1]?.parts).toContainEqual(
      expect.objectContaining({ type: 'tool-search', state: 'output-available' }),
    );
    expect(textOf(answer).length).toBeGreaterThan(20);
    expect((await post(routeOn(storage), { id: 's', message: userMessage('go on') })).chunks.at(-1)?.type).toBe(
      'finish',
    );
  });

  it('is not lost to a provider that counts its tokens oddly', async () => {
    const model = scriptedModel();
    const odd = {
      ...model,
      doStream: async (options: Parameters<typeof model.doStream>[0]) => {
        const { stream } = await model.doStream(options);
        const usage = {
          inputTokens: { total: 1.4, noCache: -1, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: Number.NaN, text: 0, reasoning: 0 },
        };
        const counting = new TransformStream<object, never>({
          transform: (part, controller) => controller.enqueue(('usage' in part ? { ...part, usage } : part) as never),
        });
        return { stream: stream.pipeThrough(counting) };
      },
    };
    const agent = defineAgent({ id: 'desk', model: odd, instructions: '', tools: {} });
    const answer = await post(routeOn(memoryStorage(), { agents: [agent] }), { message: userMessage('go') });
    expect(stateOf(answer)).toMatchObject({
      cumulativeTokenUsage: { inputTokens: 1, outputTokens: 0, totalTokens: 1 },
    });
  });

  it('keeps what a tool threw from the client, and a result that JSON would not keep from the transcript', async () => {
    const odd = {
      leak: tool({
        inputSchema: z.object({}),
        execute: async (): Promise<string> => {
          throw new Error('ECONNREFUSED db.internal');
        },
      }),
      date: tool({ inputSchema: z.object({}), execute: () => ({ at: new Date(0) }) }),
      large: tool({ inputSchema: z.object({}), execute: () => 'x'.repeat(300_000) }),
    };
    const reply: ScriptedModelOptions['reply'] = ({ toolResults }) =>
      toolResults.length > 0
        ? { text: `I was told ${JSON.stringify(toolResults)}` }
        : { toolCalls: Object.keys(odd).map((name) => ({ name, input: {} })) };
    const agent = defineAgent({ id: 'desk', model: scriptedModel({ reply }), instructions: '', tools: odd });
    const storage = memoryStorage();
    const answer = await post(routeOn(storage, { agents: [agent] }), {
      id: 's',
      message: userMessage('go'),
      create: true,
    });
    const told = JSON.stringify([answer.chunks, await load(storage, 's')]);
    expect(told).not.toContain('db.internal');
    expect(told).toContain('The tool failed.');
    expect(told).toContain('result.at is of the class Date');
    expect(told).toContain('longer than 262144 characters');
    expect(answer.chunks.at(-1)?.type).toBe('finish');
  });

  it('that cannot be stored says so instead of ending well', async () => {
    const inner = memoryStorage();
    // The session is announced and made, and the turn begun; what comes after is lost.
    let commits = 0;
    const storage = flaky(inner, { isUnreachable: () => ++commits > 4 });
    const route = routeOn(storage, { turns: { leaseMs: 300 } });
    const answer = await post(route, { id: 's', message: userMessage('hello'), create: true });
    const last = answer.chunks.at(-1);
    expect(last?.type === 'error' && JSON.parse(last.errorText)).toMatchObject({ error: { code: 'STORAGE' } });
    expect((await load(inner, 's'))?.messages.map(({ role }) => role)).toEqual(['user']);
    expect((await post(routeOn(inner), { id: 's', message: userMessage('again') })).chunks.at(-1)?.type).toBe('finish');
    expect((await load(inner, 's'))?.messages.map(({ role }) => role)).toEqual(['user', 'user', 'assistant']);
  });
});
