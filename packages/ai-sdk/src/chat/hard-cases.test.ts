import { flaky } from '@stateroom/core/testing';
import { memoryStorage } from '@stateroom/core/memory';
import { tool, type UIMessage } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AgentOptions, defineAgent } from '../agent/agent.ts';
import { roomOf } from '../agent/agent-room.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';
import { load, routeOn, untilRuns } from '../testing/desk.ts';
import { ask, post, textOf, userMessage } from '../testing/talk.ts';
import { toTranscript } from '../transcript/transcript.ts';

const soon = (ms = 120) => new Promise((resolve) => setTimeout(resolve, ms));
const longer = ({ userText }: { readonly userText: string }) => ({ text: `${userText}: ${'word '.repeat(30)}` });

function room(options: Partial<AgentOptions> & ScriptedModelOptions = {}) {
  const { reply = longer, delayMs = 0, ...agentOptions } = options;
  const model = scriptedModel({ reply, delayMs });
  const agent = defineAgent({ id: 'desk', model, instructions: '', tools: {}, ...agentOptions });
  const storage = memoryStorage();
  let isDown = (_commit: number) => false;
  let commits = 0;
  const flaking = flaky(storage, { isUnreachable: () => isDown((commits += 1)) });
  return {
    agent,
    storage,
    route: routeOn(flaking, { agents: [agent], turns: { leaseMs: 500 } }),
    failAt: (commit: number) => {
      commits = 0;
      isDown = (number) => number === commit;
    },
  };
}

const roles = async (storage: Parameters<typeof load>[0]) => (await load(storage, 's'))?.messages.map(({ id }) => id);

describe('a conversation is not lost', () => {
  it('when another answer is asked for, and the storage does not take the new turn', async () => {
    const { storage, route, failAt } = room();
    await post(route, { id: 's', message: userMessage('hello', 'm1'), create: true });
    const before = await roles(storage);
    for (const body of [
      { id: 's', regenerate: 'm1' },
      { id: 's', message: userMessage('hi', 'm1'), replaces: 'm1' },
    ]) {
      failAt(1);
      expect((await post(route, body)).status).toBe(503);
      expect(await roles(storage)).toEqual(before);
    }
    failAt(0);
    expect(textOf(await post(route, { id: 's', regenerate: 'm1' }))).toContain('hello');
  });

  it('when the last message died, and another answer is asked for', async () => {
    const { agent, storage, route } = room();
    await post(route, { id: 's', message: userMessage('one', 'm1'), create: true });
    const { turns } = roomOf(agent, { storage, turns: { leaseMs: 100 } });
    const access = { owner: 'me', agentId: 'desk' };
    const input = await toTranscript([userMessage('two', 'm2')]);
    const dead = await turns.begin('s', { ...access, messageId: 'm2', input });
    if (dead.status === 'started') dead.turn.abandon();
    await soon();
    expect(textOf(await post(route, { id: 's', regenerate: null }))).toContain('two');
    expect((await roles(storage))?.filter((id) => /^m\d$/.test(id))).toEqual(['m1', 'm2']);
  });

  it('when a message that was taken along is to be changed: it says what can be', async () => {
    const { storage, route } = room({ overlap: 'steer', delayMs: 10 });
    await post(route, { id: 's', message: userMessage('zero', 'm0'), create: true });
    const first = post(route, { id: 's', message: userMessage('one', 'm1') });
    await untilRuns(storage);
    await Promise.all([first, post(route, { id: 's', message: userMessage('two', 'm2') })]);
    const before = await roles(storage);
    const changed = await post(route, { id: 's', message: userMessage('other', 'm2'), replaces: 'm2' });
    expect([changed.status, changed.body]).toMatchObject([
      409,
      { error: { message: expect.stringContaining('taken along') } },
    ]);
    expect((await post(route, { id: 's', regenerate: before?.at(-1) })).status).toBe(409);
    expect(await roles(storage)).toEqual(before);
  });
});

describe('a turn', () => {
  it('has an id of its own, however often its message is answered anew', async () => {
    const { route } = room();
    await post(route, { id: 's', message: userMessage('hello', 'm1'), create: true });
    const ids: (string | null)[] = [];
    for (let times = 0; times < 3; times++)
      ids.push((await post(route, { id: 's', regenerate: 'm1' })).headers.get('x-turn-id'));
    expect(ids).toEqual(['m1%232', 'm1%233', 'm1%234']);
  });

  it('is not given other words while it runs', async () => {
    const { storage, route } = room({ delayMs: 20 });
    const first = post(route, { id: 's', message: userMessage('hello', 'm1'), create: true });
    await untilRuns(storage);
    const edit = await post(route, { id: 's', message: userMessage('goodbye', 'm1'), replaces: 'm1' });
    expect([edit.status, edit.body]).toMatchObject([409, { error: { turnId: 'm1#1' } }]);
    await ask(route, 'DELETE', { id: 's', turn: 'm1#1' });
    await first;
    expect(textOf(await post(route, { id: 's', message: userMessage('goodbye', 'm1'), replaces: 'm1' }))).toContain(
      'goodbye',
    );
  });

  it('lets its session go where the transcript cannot be read', async () => {
    const { storage, route, agent } = room();
    await post(route, { id: 's', message: userMessage('hello', 'm1'), create: true });
    const { sessions } = roomOf(agent, { storage });
    const append = { messages: [{ format: 'ai-ui@9', message: {} }] };
    await sessions.updateSession('s', (state) => state, { append });
    expect((await post(route, { id: 's', message: userMessage('two', 'm2') })).status).toBe(500);
    await soon(600);
    expect((await post(route, { id: 's', message: userMessage('three', 'm3') })).status).toBe(500);
  });

  it('keeps the work of a tool whose step could not be stored, and what else can be kept', async () => {
    const paid: string[] = [];
    const pay = tool({ inputSchema: z.object({}), execute: () => (paid.push('paid'), 'paid') });
    const { storage, route, failAt } = room({
      tools: { pay },
      reply: ({ toolResults }) =>
        toolResults.length === 0 ? { toolCalls: [{ name: 'pay', input: {} }] } : { text: 'It is paid.' },
    });
    failAt(0);
    await post(route, { id: 's', message: userMessage('pay', 'm1'), create: true });
    expect(paid).toEqual(['paid']);
    expect(JSON.stringify(await load(storage, 's'))).toContain('tool-pay');
  });

  it('shows its model whole messages, as many as it is to see, and always the one to be answered', async () => {
    const seen: string[][] = [];
    const look = tool({ inputSchema: z.object({}), execute: () => 'seen' });
    const { route } = room({
      tools: { look },
      history: { lastMessages: 2 },
      reply: ({ toolResults, userText }) => {
        seen.push([userText]);
        return toolResults.filter(({ isNew }) => isNew).length < 6
          ? { toolCalls: [{ name: 'look', input: {} }] }
          : { text: `done ${userText}` };
      },
    });
    await post(route, { id: 's', message: userMessage('first', 'm1'), create: true });
    expect(textOf(await post(route, { id: 's', message: userMessage('second', 'm2') }))).toBe('done second');
    expect(seen.at(-1)).toEqual(['second']);
  });
});

describe('what is stored of a message', () => {
  const assistant = (...parts: UIMessage['parts']): UIMessage => ({ id: 'a', role: 'assistant', parts });
  const kept = async (message: UIMessage) => (await toTranscript([message]))[0]?.message.parts;

  it('is what JSON can keep, and what can be read again', async () => {
    const metadata = { provider: { score: Number.NEGATIVE_INFINITY } };
    expect(await kept(assistant({ type: 'text', text: 'hi', providerMetadata: metadata }))).toEqual([
      { type: 'text', text: 'hi', providerMetadata: { provider: { score: null } } },
    ]);
    expect(await kept(assistant({ type: 'text', text: 'half \ud83d' }))).toEqual([
      { type: 'text', text: 'half \ufffd' },
    ]);
    const broken = { type: 'tool-web', toolCallId: 'c', state: 'output-available' } as never;
    expect(await kept(assistant({ type: 'text', text: 'words' }, broken))).toMatchObject([
      { type: 'text', text: 'words' },
      { type: 'tool-web', toolCallId: 'c', state: 'output-error', errorText: expect.stringContaining('kept') },
    ]);
  });

  it('is no output of a tool that was still at it', async () => {
    const half = {
      type: 'tool-x',
      toolCallId: 'c',
      state: 'output-available',
      input: {},
      output: 1,
      preliminary: true,
    } as const;
    expect(await kept(assistant(half))).toMatchObject([{ state: 'output-error' }]);
  });
});
