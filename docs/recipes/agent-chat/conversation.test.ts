import type { StorageProvider } from '@stateroom/core';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { describe, expect, it } from 'vitest';
import { type Engine, onEachEngine } from '../testing/engines.ts';
import { createFinanceChat, type FinanceChat } from './finance-chat.ts';
import { financeReply } from './finance-reply.ts';
import { Guest } from './guest.ts';
import { stocks } from './market.ts';

describe('within a conversation with the finance assistant', () => {
  onEachEngine(within);
});

describe('between conversations with the finance assistant', () => {
  onEachEngine(between);
});

async function sayAll(guest: Guest, chat: FinanceChat, texts: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const text of texts) answers.push((await guest.say(text, chat)).text);
  return answers;
}

const untilReport = ['What is the price of Apple?', 'And a year ago?', 'And Bitcoin?', 'Compare it'];

function within({ open }: Engine): void {
  it('what was said is remembered: "it" is what was spoken of before, though the client sends nothing of that', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const answers = await sayAll(new Guest('ada'), chat, ['What is the price of Apple?', 'What was it a year ago?']);
    expect(answers[1]).toContain('Apple (AAPL) was at $189.25');
    const [elsewhere] = await sayAll(new Guest('ada'), chat, ['What was it a year ago?']);
    expect(elsewhere).toBe('Which share or cryptocurrency do you mean?');
  });

  it('there are steps, each with tools of its own, and the tools that were used, the latest first', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const ada = new Guest('ada');
    const seen: unknown[] = [];
    for (const text of [...untilReport, 'Send the report', 'Write it', 'Send it', 'Write it']) {
      const { state } = await ada.say(text, chat);
      seen.push(state);
    }
    const steps = ['look', 'analyse', 'analyse', 'report', 'report', 'report', 'report', 'report'];
    expect(seen).toMatchObject(steps.map((activeStep, turn) => ({ activeStep, turnCount: turn + 1 })));
    const before = ['compare', 'crypto_price', 'price_history', 'stock_quote'];
    expect(seen[4]).toMatchObject({ recentlyUsedTools: before });
    expect(seen[6]).toMatchObject({ recentlyUsedTools: ['send_report', 'draft_report', ...before] });
    // When the sequence is done, all of the step's tools are offered.
    expect(seen[7]).toMatchObject({ recentlyUsedTools: ['draft_report', 'send_report', ...before] });
  });

  it('nothing is carried out that the step does not allow, whatever the model calls', async () => {
    const eager = scriptedModel({
      reply: ({ toolResults }) =>
        toolResults.length > 0
          ? { text: String(toolResults[0]?.output) }
          : { toolCalls: [{ name: 'send_report', input: {} }] },
    });
    const chat = createFinanceChat({ storage: await open(), model: eager });
    const { text, state } = await new Guest('ada').say('Send it', chat);
    expect(text).not.toContain('The report is sent');
    expect(state).toMatchObject({ activeStep: 'look', recentlyUsedTools: [] });
  });

  it('eight of eight tool calls are kept that one answer makes at once, and the eight notes they take', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const ada = new Guest('ada');
    await ada.say('Show me all shares', chat);
    const state = await chat.states.getState(ada.sessionId ?? '');
    expect(state).toMatchObject({ toolCounts: { stock_quote: 8 }, toolLog: { length: 8 } });
    const notes = await chat.notes.read(ada.sessionId ?? '');
    expect(notes?.summaries.toSorted()).toHaveLength(stocks.length);
    expect(stocks.filter(({ name }) => !notes?.summaries.some((line) => line.startsWith(name)))).toEqual([]);
  });

  it('the tokens of every model step are counted, to the last one', async () => {
    let spent = 0;
    const chat = createFinanceChat({ storage: await open(), model: counted((tokens) => (spent += tokens)) });
    const ada = new Guest('ada');
    await sayAll(ada, chat, untilReport);
    const state = await chat.states.getState(ada.sessionId ?? '');
    expect(spent).toBeGreaterThan(0);
    expect(state?.cumulativeTokenUsage.totalTokens).toBe(spent);
  });

  it('there are notes of what is longer ago than the model is shown', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const ada = new Guest('ada');
    await sayAll(ada, chat, ['What is the price of Apple?', ...Array.from({ length: 5 }, () => 'And Tesla?')]);
    const [recalled] = await sayAll(ada, chat, ['What have we talked about?']);
    expect(recalled).toMatch(/the last of it on TSLA: Apple \(AAPL\) is at/);
  });

  it('a restart changes nothing: it goes on in the same step', async () => {
    const storage = await open();
    const ada = new Guest('ada');
    await sayAll(ada, createFinanceChat({ storage }), untilReport);
    const again = createFinanceChat({ storage });
    expect((await ada.say('Write the report', again)).state).toMatchObject({ activeStep: 'report', turnCount: 5 });
  });
}

function between({ open }: Engine): void {
  it('nothing is mixed up, though eight guests talk at the same time', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const talks = stocks.map(async ({ name }) => {
      const guest = new Guest(`guest of ${name}`);
      const answers = await sayAll(guest, chat, [`What is the price of ${name}?`, 'What was it a year ago?']);
      return { name, told: JSON.stringify([answers, await (await guest.look(chat)).json()]) };
    });
    for (const { name, told } of await Promise.all(talks))
      expect(stocks.filter((other) => told.includes(`${other.name} (`)).map((other) => other.name)).toEqual([name]);
  });

  it('a key opens nothing to another guest: it is like one that does not exist', async () => {
    const storage = await open();
    const chat = createFinanceChat({ storage });
    const ada = new Guest('ada');
    await ada.say('What is the price of Apple?', chat);
    const before = await (await ada.look(chat)).text();
    for (const id of [ada.sessionId, 'session-finance-12345']) {
      const thief = new Guest('mallory', id);
      expect(await thief.say('What have we talked about?', chat)).toEqual({ status: 404, text: '', state: null });
      expect((await thief.look(chat)).status).toBe(404);
    }
    expect(await (await ada.look(chat)).text()).toBe(before);
    expect(await keysOf(storage)).not.toContain('12345');
  });

  it('each has a key that nobody can guess', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const guests = Array.from({ length: 10 }, () => new Guest('ada'));
    await Promise.all(guests.map((guest) => guest.say('What is the price of Apple?', chat)));
    const keys = guests.map(({ sessionId }) => sessionId ?? '');
    expect(new Set(keys).size).toBe(10);
    for (const key of keys) expect(key).toMatch(/^[\w-]{24}$/);
  });

  it('one can begin anew, under the same key', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const ada = new Guest('ada');
    await sayAll(ada, chat, untilReport);
    await chat.states.resetState(ada.sessionId ?? '', { owner: 'ada' });
    const shown = await (await ada.look(chat)).json();
    expect(shown).toMatchObject({ messages: [], state: { activeStep: 'look', recentlyUsedTools: [], turnCount: 0 } });
  });

  it('a guest is shown the words and the place, and none of the log behind them', async () => {
    const chat = createFinanceChat({ storage: await open() });
    const ada = new Guest('ada');
    const { state } = await ada.say('What is the price of Apple?', chat);
    const shown = await (await ada.look(chat)).json();
    expect(shown).toMatchObject({ state, runningTurnId: null, messages: [{ role: 'user' }, { role: 'assistant' }] });
    expect(JSON.stringify(shown)).not.toMatch(/toolLog|toolCounts|stepCause/);
  });
}

async function keysOf(storage: StorageProvider): Promise<string> {
  return (await storage.scan('', null, 100)).found.map(({ key }) => key).join(' ');
}

/** The assistant's model, and a meter at it. */
function counted(onTokens: (tokens: number) => void): ReturnType<typeof scriptedModel> {
  const model = scriptedModel({ reply: financeReply });
  return {
    ...model,
    doStream: async (options) => {
      const { stream } = await model.doStream(options);
      const meter = new TransformStream({
        transform(part, controller) {
          if (part.type === 'finish') onTokens(part.usage.inputTokens.total + part.usage.outputTokens.total);
          controller.enqueue(part);
        },
      });
      return { stream: stream.pipeThrough(meter) };
    },
  };
}
