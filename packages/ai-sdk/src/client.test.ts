import { memoryStorage } from '@stateroom/core/memory';
import { DefaultChatTransport, type UIMessage } from 'ai';
import { describe, expect, it } from 'vitest';
import { defineAgent } from './agent/agent.ts';
import { createChatTransport } from './client.ts';
import { scriptedModel } from './scripted-model.ts';
import { Chat, fetchFrom, PlainState } from './testing/chat.ts';
import { load, routeOn, untilRuns } from './testing/desk.ts';

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');

function served({ delayMs = 10 } = {}) {
  const storage = memoryStorage();
  let calls = 0;
  const reply = ({ userText }: { readonly userText: string }) => ({ text: `${userText} ${++calls}: ${words(30)}` });
  const agent = defineAgent({ id: 'desk', model: scriptedModel({ delayMs, reply }), instructions: '', tools: {} });
  const serve = () => routeOn(storage, { agents: [agent] });
  /** A window with the session in it, as a page that was just loaded. */
  const open = async (route = serve()) => {
    const found = await load(storage, 's');
    const runningTurnId = found?.runningTurnId ?? null;
    const transport = createChatTransport({ agentId: 'desk', runningTurnId, fetch: fetchFrom(route) });
    const state = new PlainState();
    state.messages = [...(found?.messages ?? [])];
    return { chat: new Chat({ id: 's', transport, state }), transport };
  };
  return { storage, open, route: serve() };
}

const textIn = (messages: readonly UIMessage[]) =>
  messages.map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join(''));
const soon = (ms = 150) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the chat of the SDK', () => {
  it('resumes after a reload in mid-stream, with no word lost or doubled', async () => {
    const { storage, open } = served();
    const first = await open();
    const sending = first.chat.sendMessage({ text: 'hello' });
    await untilRuns(storage);
    const reloaded = await open();
    expect(textIn(reloaded.chat.messages)).toEqual(['hello']);
    await first.chat.stop();
    await reloaded.chat.resumeStream();
    await sending;
    expect(textIn(reloaded.chat.messages)).toEqual(['hello', `hello 1: ${words(30)}`]);
    expect((await load(storage, 's'))?.messages).toEqual(reloaded.chat.messages);
    await reloaded.chat.sendMessage({ text: 'more' });
    expect(reloaded.chat.messages).toHaveLength(4);
  });

  it('shows one turn in two windows at once, and finds one that another has begun', async () => {
    const { storage, open } = served();
    const [first, second] = [await open(), await open()];
    expect(await second.transport.findTurn('s')).toBe(null);
    const sending = first.chat.sendMessage({ text: 'hello' });
    await untilRuns(storage);
    expect(await second.transport.findTurn('s')).toMatch(/#1$/);
    const third = await open();
    await Promise.all([third.chat.resumeStream(), sending]);
    expect(third.chat.messages.at(-1)).toEqual(first.chat.messages.at(-1));
  });

  it('stops a turn for good, also after a reload, and keeps what was said', async () => {
    const { storage, open } = served({ delayMs: 20 });
    const first = await open();
    void first.chat.sendMessage({ text: 'hello' });
    await soon(200);
    const reloaded = await open();
    const resuming = reloaded.chat.resumeStream();
    await soon(200);
    await reloaded.transport.stopTurn('s');
    await resuming;
    expect([reloaded.chat.status, reloaded.chat.error]).toEqual(['ready', undefined]);
    const [, said = ''] = textIn(reloaded.chat.messages);
    expect(`hello 1: ${words(30)}`.startsWith(said.trim()) && said.length > 8).toBe(true);
    expect(said.length).toBeLessThan(words(30).length);
    expect(textIn((await load(storage, 's'))?.messages ?? [])).toEqual(['hello', said]);
    expect((await load(storage, 's'))?.runningTurnId).toBe(null);
  });

  it.each(['ours', 'its own'])(
    'gives another answer, or one to a message that was changed: transport %s',
    async (which) => {
      const { storage, open, route } = served({ delayMs: 0 });
      const own = new DefaultChatTransport({ api: 'http://localhost/api/chat/desk', fetch: fetchFrom(route) });
      const { chat } =
        which === 'ours' ? await open() : { chat: new Chat({ id: 's', transport: own, state: new PlainState() }) };
      await chat.sendMessage({ text: 'hello' });
      await chat.sendMessage({ text: 'and' });
      await chat.regenerate();
      expect(textIn(chat.messages).map((text) => text.slice(0, 7))).toEqual(['hello', 'hello 1', 'and', 'and 3: ']);
      await chat.sendMessage({ text: 'other', messageId: chat.messages[0]?.id ?? '' });
      expect(textIn(chat.messages).map((text) => text.slice(0, 7))).toEqual(['other', 'other 4']);
      expect((await load(storage, 's'))?.messages).toEqual(chat.messages);
    },
  );

  it('leaves a turn alone when its window is closed', async () => {
    const { storage, open } = served();
    const { chat } = await open();
    const sending = chat.sendMessage({ text: 'hello' });
    await untilRuns(storage);
    await chat.stop();
    await sending;
    const again = await open();
    await again.chat.resumeStream();
    expect(textIn((await load(storage, 's'))?.messages ?? [])[1]).toBe(`hello 1: ${words(30)}`);
  });
});
