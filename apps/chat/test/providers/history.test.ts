import { describe, expect, it } from 'vitest';
import type { Reply } from './protocol.ts';
import { providerNames, Room } from './room.ts';

const search = { name: 'search', input: '{"query":"tides"}' };
const asked = 'user: When is high tide?';

/** What the model is told with the next message. It fails for what the provider would not take. */
async function toldNext(room: Room): Promise<readonly string[] | undefined> {
  room.server.willSay({ text: 'You are welcome.' });
  const answer = await room.say('Thank you.');
  expect([answer.text, answer.code, room.server.faults]).toEqual(['You are welcome.', null, []]);
  return room.server.requests.at(-1)?.said;
}

describe.each(providerNames)('the next message on %s', (provider) => {
  it('brings all that was said, thought and done before', async () => {
    await using room = await Room.open(provider);
    const moon = { name: 'search', input: '{"query":"moon"}' };
    room.server.willSay(
      { thought: 'I had better look.', text: 'Let me look.', calls: [search, moon] },
      { thought: 'Aha.', text: 'High at noon.' },
    );
    await room.say('When is high tide?');
    expect(await toldNext(room)).toEqual([
      asked,
      'thought',
      'assistant: Let me look.',
      'call: search {"query":"tides"}',
      'call: search {"query":"moon"}',
      'result: {"found":"tides"}',
      'result: {"found":"moon"}',
      'thought',
      'assistant: High at noon.',
      'user: Thank you.',
    ]);
  });

  it.each<readonly [string, Reply, string, readonly string[]]>([
    ['a thought', { thought: 'Half of it', fault: 'hangs' }, 'of', []],
    // Chat completions do not say where a thought ends.
    [
      'a thought with nothing behind it',
      { thought: 'All of it', text: '', fault: 'hangs' },
      provider === 'chat completions' ? 'it' : 'reasoning-end',
      [],
    ],
    ['a sentence', { thought: 'Hm.', text: 'Half of', fault: 'hangs' }, 'of', ['assistant: Half of']],
    [
      'the arguments of a call',
      { text: 'Let me look.', calls: [search], fault: 'hangs' },
      'tool-input-delta',
      ['assistant: Let me look.', 'call: search {}', expect.stringMatching(/^result: .*interrupted/)],
    ],
  ])('is taken after a stop in %s, and the provider was hung up on', async (_, reply, onceSaid, kept) => {
    await using room = await Room.open(provider);
    room.server.willSay(reply);
    await room.say('When is high tide?', { onceSaid, happens: () => room.stop() });
    expect((await room.load()).turns.map(({ status }) => status)).toEqual(['stopped']);
    const told = await toldNext(room);
    expect(told?.filter((line) => line !== 'thought')).toEqual([asked, ...kept, 'user: Thank you.']);
    expect(room.server.hungUp).toBe(1);
  });

  it('is taken after a stop in a tool', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ thought: 'Hm.', calls: [search, { name: 'wait', input: '{}' }] });
    await room.say('When is high tide?', { onceSaid: 'tool-output-available', happens: () => room.stop() });
    expect((await toldNext(room))?.filter((line) => line !== 'thought')).toEqual([
      asked,
      'call: search {"query":"tides"}',
      'call: wait {}',
      'result: {"found":"tides"}',
      expect.stringMatching(/^result: .*interrupted/),
      'user: Thank you.',
    ]);
    expect(room.ran).toEqual(['search', 'wait']);
  });

  it.each([
    [true, ['publish'], 'result: published'],
    [false, [], expect.stringMatching(/^result: .*(denied|not approve)/i)],
  ])('is taken after a question that was answered with %s', async (isApproved, ran, result) => {
    await using room = await Room.open(provider);
    const publish = { name: 'publish', input: '{}' };
    room.server.willSay({ calls: [search] }, { thought: 'Done.', calls: [publish] }, { text: 'So be it.' });
    await room.say('When is high tide?');
    expect((await room.decide(isApproved)).text).toBe('So be it.');
    expect((await toldNext(room))?.slice(3)).toEqual([
      'thought',
      'call: publish {}',
      result,
      'assistant: So be it.',
      'user: Thank you.',
    ]);
    expect(room.ran).toEqual(['search', ...ran]);
  });

  it('is taken after a call whose arguments were no JSON, of which the model was told', async () => {
    await using room = await Room.open(provider);
    room.server.willSay({ calls: [{ name: 'search', input: '{"query": tides' }] }, { text: 'I see.' });
    expect((await room.say('When is high tide?')).text).toBe('I see.');
    const told = await toldNext(room);
    expect(told?.[1]).toMatch(/^call: search \{/);
    expect(told?.[2]).toMatch(/^result: .*Invalid input for tool search/);
    expect([told?.length, room.ran]).toEqual([5, []]);
  });

  it.each([
    ['that there is none of', 'destroy', /unavailable tool/],
    ['that another step has', 'publish', /unavailable tool|not allowed in step/],
  ])('is taken after a call of a tool %s', async (_, name, words) => {
    await using room = await Room.open(provider);
    room.server.willSay({ calls: [{ name, input: '{}' }] }, { text: 'I see.' });
    expect((await room.say('When is high tide?')).text).toBe('I see.');
    const told = await toldNext(room);
    expect(told?.slice(0, 3)).toEqual([asked, `call: ${name} {}`, expect.stringMatching(words)]);
    expect([told?.length, room.ran]).toEqual([5, []]);
  });

  it('is taken where a server gives every call the same id', async () => {
    await using room = await Room.open(provider);
    const same = { ...search, id: 'call' };
    room.server.willSay({ calls: [same] }, { text: 'Noon.' }, { calls: [{ ...same, name: 'publish', input: '{}' }] });
    await room.say('When is high tide?');
    await room.say('Publish it.');
    room.server.willSay({ text: 'Published.' });
    expect((await room.decide(true)).text).toBe('Published.');
    expect((await toldNext(room))?.filter((line) => line.startsWith('result'))).toEqual([
      'result: {"found":"tides"}',
      'result: published',
    ]);
  });
});
