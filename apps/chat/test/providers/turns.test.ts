import { describe, expect, it } from 'vitest';
import { key, providerNames, Room } from './room.ts';

const search = { name: 'search', input: '{"query":"tides"}' };

describe.each(providerNames)('a turn on %s', (provider) => {
  it('is offered the tools of the step it is in alone, calls one, is given its result, and tells what it used', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ text: 'Let me look.', calls: [search] }, { thought: 'Hm.', text: 'High at noon.' });
    const answer = await room.say('When is high tide?');
    expect([answer.text, answer.code]).toEqual(['Let me look.High at noon.', null]);
    const asked = 'user: When is high tide?';
    const done = ['assistant: Let me look.', 'call: search {"query":"tides"}', 'result: {"found":"tides"}'];
    expect(room.server.faults).toEqual([]);
    expect(room.server.requests.map(({ tools, said }) => [tools, said])).toEqual([
      [['search', 'wait'], [asked]],
      [['publish'], [asked, ...done]],
    ]);
    const tokens = { inputTokens: 40, cachedInputTokens: 16, outputTokens: 20, reasoningTokens: 8, totalTokens: 60 };
    const { turns, state } = await room.load();
    expect(turns.map(({ status, usage, tools }) => [status, usage, tools.map(({ name }) => name)])).toEqual([
      ['completed', tokens, ['search']],
    ]);
    expect(state.cumulativeTokenUsage).toMatchObject(tokens);
    expect(room.server.requests.map((request) => request.key.replace('Bearer ', ''))).toEqual([key, key]);
  });

  it.each([
    ['length', 'length'],
    ['refusal', 'content-filter'],
  ] as const)('says so where it ends for its %s', async (end, finishReason) => {
    await using room = await Room.open(provider);
    room.server.willSay({ text: 'I will not', end });
    const answer = await room.say('When is high tide?');
    expect([answer.text, answer.code]).toEqual(['I will not', null]);
    expect(answer.chunks.at(-1)).toMatchObject({ type: 'finish', finishReason });
    expect((await room.load()).turns.map(({ status }) => status)).toEqual(['completed']);
  });
});

describe('the app', () => {
  it.each(['OpenAI Responses', 'chat completions', 'Anthropic'] as const)(
    'keeps what %s says itself, and asks it to keep nothing',
    async (provider) => {
      await using room = await Room.open(provider);
      room.server.willSay({ text: 'Hello.' });
      await room.say('Hello.');
      expect(room.server.requests.map(({ isKept }) => isKept)).toEqual([false]);
    },
  );
});
