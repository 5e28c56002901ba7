import { describe, expect, it } from 'vitest';
import { key, providerNames, Room } from './room.ts';

const search = { name: 'search', input: '{"query":"tides"}' };
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** The same message again, answered well. */
async function expectRetry(room: Room): Promise<void> {
  room.server.willSay({ text: 'High at noon.' });
  expect(await room.sayAgain()).toMatchObject({ text: 'High at noon.', code: null });
  const { turns, messages } = await room.load();
  expect(turns.map(({ status }) => status)).toEqual(['failed', 'completed']);
  expect(messages.filter(({ role }) => role === 'user')).toHaveLength(1);
  expect(room.server.faults).toEqual([]);
}

describe.each(providerNames)('a call of %s', (provider) => {
  it('that is refused fails the turn at once, costs nothing, shows no key, and is tried again', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ status: 401 });
    const answer = await room.say('When is high tide?');
    expect([answer.code, room.server.requests.length]).toEqual(['MODEL', 1]);
    const stored = await room.load();
    expect(stored.turns).toMatchObject([{ status: 'failed', usage: { totalTokens: 0 } }]);
    expect(room.log.filter((line) => line.includes('AI_APICallError 401'))).toHaveLength(1);
    expect(answer.body + JSON.stringify([room.log, stored])).not.toContain(key);
    await expectRetry(room);
  });

  it.each([
    [429, 'MODEL_BUSY'],
    [503, 'MODEL_BUSY'],
    [529, 'MODEL_BUSY'],
    [500, 'MODEL'],
  ])('that is answered with %i is made three times, and tells %s', async (status, code) => {
    await using room = await Room.open(provider);
    room.server.willSay(...times(3, { status, headers: { 'retry-after': '0' } }));
    const answer = await room.say('When is high tide?');
    expect([answer.code, room.server.requests.length, room.server.unsaid]).toEqual([code, 3, 0]);
    expect(room.log.join()).toContain(`AI_RetryError, last AI_APICallError ${status}`);
    expect((await room.load()).turns).toMatchObject([{ status: 'failed', usage: { totalTokens: 0 } }]);
    await expectRetry(room);
  });

  it('that is answered the third time is answered', async () => {
    await using room = await Room.open(provider);
    room.server.willSay(...times(2, { status: 429, headers: { 'retry-after': '0' } }), { text: 'High at noon.' });
    expect(await room.say('When is high tide?')).toMatchObject({ text: 'High at noon.', code: null });
    expect((await room.load()).turns).toMatchObject([{ status: 'completed', usage: { totalTokens: 30 } }]);
  });

  it('that waits to be made again is stopped', { timeout: 20_000 }, async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ status: 429, headers: { 'retry-after': '30' } });
    const said = room.say('When is high tide?');
    await expect.poll(() => room.server.requests.length).toBe(1);
    await room.stop();
    expect((await said).code).toBeNull();
    expect((await room.load()).turns).toMatchObject([{ status: 'stopped' }]);
    expect(room.server.requests).toHaveLength(1);
  });

  it('that is never answered is stopped', { timeout: 20_000 }, async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ fault: 'hangs' });
    const said = room.say('When is high tide?');
    await expect.poll(() => room.server.requests.length).toBe(1);
    await room.stop();
    expect((await said).code).toBeNull();
    expect((await room.load()).turns).toMatchObject([{ status: 'stopped' }]);
    await expect.poll(() => room.server.hungUp).toBe(1);
  });
});

describe.each(providerNames)('an answer of %s', (provider) => {
  it.each([
    ['a sentence', { text: 'Half of' }, 'of', []],
    ['the arguments of a call', { text: 'Half of', calls: [search] }, 'tool-input-delta', ['search']],
  ] as const)('that is cut off in %s is kept as far as it went, and goes on', async (_, reply, onceSaid, calls) => {
    await using room = await Room.open(provider);
    room.server.willSay({ ...reply, fault: 'hangs' });
    const answer = await room.say('When is high tide?', { onceSaid, happens: () => room.server.cut() });
    expect([answer.code, answer.text, room.server.requests.length]).toEqual(['MODEL', 'Half of', 1]);
    const { turns, messages } = await room.load();
    expect(turns).toMatchObject([{ status: 'failed', usage: { estimated: true } }]);
    const parts = messages.at(-1)?.parts ?? [];
    expect(parts.filter(({ type }) => type === 'text')).toMatchObject([{ text: 'Half of', state: 'done' }]);
    expect(parts.filter((part) => 'toolCallId' in part)).toMatchObject(calls.map(() => ({ state: 'output-error' })));
    await expectRetry(room);
    expect(room.ran).toEqual([]);
  });

  it.each([
    ['a sentence', { text: 'Half of' }],
    ['the arguments of a call', { text: 'Half of', calls: [search] }],
  ] as const)('that ends in %s, though its connection ends well, has failed', async (_, reply) => {
    await using room = await Room.open(provider);
    room.server.willSay({ ...reply, fault: 'ends early' }, ...times(2, { status: 401 }));
    expect((await room.say('When is high tide?')).code).toBe('MODEL');
    const { turns, messages } = await room.load();
    expect(turns).toMatchObject([{ status: 'failed', usage: { estimated: true } }]);
    expect(messages.at(-1)?.parts).toContainEqual(expect.objectContaining({ type: 'text', text: 'Half of' }));
    expect(room.ran).toEqual([]);
  });

  it('that is cut off behind a tool goes on without it', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ thought: 'Hm.', calls: [search] }, { thought: 'Aha.', text: 'Half of', fault: 'hangs' });
    await room.say('When is high tide?', { onceSaid: 'of', happens: () => room.server.cut() });
    await expectRetry(room);
    expect(room.ran).toEqual(['search']);
    expect(room.server.requests.at(-1)?.said).toEqual([
      'user: When is high tide?',
      'thought',
      'call: search {"query":"tides"}',
      'result: {"found":"tides"}',
    ]);
  });

  it('that reports an overload in its midst tells that the model is busy', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ text: 'Half of', fault: 'reports an error' });
    const answer = await room.say('When is high tide?');
    expect([answer.code, answer.text]).toEqual(['MODEL_BUSY', 'Half of']);
    await expectRetry(room);
  });

  it('that cannot be read in its midst has failed', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ text: 'Half of', fault: 'garbled' });
    expect(await room.say('When is high tide?')).toMatchObject({ code: 'MODEL', text: 'Half of' });
    await expectRetry(room);
  });
});

describe('a call of a tool, behind which the stream cannot be read,', () => {
  it.each(['OpenAI Responses', 'OpenAI Responses, with its store'] as const)(
    'is not carried out: %s',
    async (provider) => {
      await using room = await Room.open(provider);
      room.server.willSay({ calls: [search], fault: 'garbled' });
      expect((await room.say('When is high tide?')).code).toBe('MODEL');
      await expectRetry(room);
      expect(room.ran).toEqual([]);
    },
  );

  it.each(['chat completions', 'Anthropic'] as const)(
    'is carried out, and the answer goes on: %s',
    async (provider) => {
      await using room = await Room.open(provider);
      room.server.willSay({ calls: [search], fault: 'garbled' }, { text: 'High at noon.' });
      expect(await room.say('When is high tide?')).toMatchObject({ code: null, text: 'High at noon.' });
      expect((await room.load()).turns).toMatchObject([{ status: 'completed' }]);
      expect(room.ran).toEqual(['search']);
    },
  );
});

describe.each(['OpenAI Responses', 'chat completions'] as const)('an account of %s', (provider) => {
  it('without money is not told as a busy model', async () => {
    await using room = await Room.open(provider);
    room.server.willSay(...times(3, { status: 429, headers: { 'retry-after': '0' }, code: 'insufficient_quota' }));
    expect((await room.say('When is high tide?')).code).toBe('MODEL');
  });
});
