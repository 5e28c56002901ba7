import type { LanguageModelV4 } from '@ai-sdk/provider';
import { type Agent, loadConversation } from '@stateroom/ai-sdk';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import type { ToolExecutionOptions, ToolSet } from 'ai';
import { describe, expect, it } from 'vitest';
import { supportDesk } from './support.ts';
import { costlyModel } from './testing/costly-model.ts';
import { engines } from './testing/engines.ts';
import { Guest, obedientModel, routeOf } from './testing/guest.ts';
import { turnsOf } from './testing/turns.ts';
import { TicketBook } from './ticket-book.ts';

const access = { owner: 'anna', agentId: 'support' };

/** The desk on two servers, of which one after the other has the next guest. */
function desk(
  storage: StorageProvider = memoryStorage(),
  {
    model = obedientModel(),
    change = (agent) => agent,
  }: { model?: LanguageModelV4; change?: (agent: Agent) => Agent } = {},
) {
  const server = () => change(supportDesk(model, new TicketBook(storage)).agent);
  const [agent, other] = [server(), server()];
  const [route, otherRoute] = [routeOf(agent, storage), routeOf(other, storage)];
  let guests = 0;
  const guest = (owner = 'anna') => new Guest(guests++ % 2 === 0 ? route : otherRoute, { agentId: 'support', owner });
  return { storage, book: new TicketBook(storage), agent, guest };
}

const order = 'SR-1042';
const ticket = { ticket: 'T-1', order, kind: 'refund', about: 'broken', status: 'closed' };
/** As the guest sees it beside the conversation. */
const shownTicket = 'T-1 refund SR-1042, closed';

/** A guest whose order and its policy are read. */
async function heard(guest: Guest, of = order): Promise<Guest> {
  await guest.call('lookup_order', { order: of });
  await guest.call('search_policy', { topic: 'damage' });
  return guest;
}

async function refunded(guest: Guest) {
  await heard(guest);
  return guest.answer(await guest.call('refund', { order, reason: 'broken' }), true);
}

describe('the support desk', () => {
  it('pays when order and policy were read and the guest says yes, and leaves a ticket', async () => {
    const { guest, book } = desk();
    const anna = await heard(guest());
    const question = await anna.call('refund', { order, reason: 'broken' });
    expect([question.output, await book.read('anna')]).toEqual([undefined, []]);
    const { output, view } = await anna.answer(question, true);
    expect(output).toEqual({ receipt: 'RF-1042', order, amountEuros: 89, ticket: 'T-1' });
    expect(view).toMatchObject({ activeStep: 'settled', data: { order, tickets: [shownTicket] } });
    expect(await book.read('anna')).toEqual([ticket]);
  });

  it('pays nothing when the guest says no', async () => {
    const { guest, book } = desk();
    const anna = await heard(guest());
    const { view } = await anna.answer(await anna.call('refund', { order }), false);
    expect([view?.activeStep, await book.read('anna')]).toEqual(['resolve', []]);
  });

  it('settles nothing before order and policy were read, in that order, for the very order', async () => {
    const { guest, book } = desk();
    const anna = guest();
    const refusals: unknown[] = [];
    for (const [tool, input] of [
      ['search_policy', { topic: 'damage' }],
      ['lookup_order', { order }],
      ['search_policy', { topic: 'damage' }],
      ['lookup_order', { order: 'SR-1078' }],
    ] as const) {
      await anna.call(tool, input);
      for (const settle of ['refund', 'replace']) {
        const { output, approvalId } = await anna.call(settle, { order: 'SR-1061' });
        refusals.push([approvalId, String(output).slice(0, 60)]);
      }
    }
    const unavailable = (tool: string) => [
      null,
      `Model tried to call unavailable tool '${tool}'. Available tools`.slice(0, 60),
    ];
    const closed = [unavailable('refund'), unavailable('replace')];
    const another = [null, `This case is about ${order}. Look SR-1061 up first.`];
    expect(refusals).toEqual([...closed, ...closed, another, another, ...closed]);
    expect(await book.read('anna')).toEqual([]);
  });

  it.each([
    ['refund', 'SR-1078'],
    ['replace', 'SR-1061'],
  ])('does not %s another order, %s, that is looked up in the same breath', async (settle, other) => {
    const { guest, book } = desk();
    const anna = await heard(guest());
    const input = { order: other };
    for (const calls of [
      [settle, 'lookup_order'],
      ['lookup_order', settle],
    ]) {
      const { approvalId, view } = await anna.callAll(calls.map((name) => ({ name, input })));
      expect([approvalId, view?.activeStep]).toEqual([null, 'triage']);
      expect(await book.read('anna')).toEqual([]);
      await heard(anna);
    }
  });

  it.each([
    ['refund', 'SR-1057', 'not delivered yet', 'tool-output-denied'],
    ['refund', 'SR-1061', '47 days ago', 'tool-output-denied'],
    ['replace', 'SR-1078', 'out of stock', 'tool-output-error'],
  ])('refuses to %s %s without a question', async (tool, of, words, type) => {
    const { guest, book } = desk();
    const { output, approvalId, types, view } = await (await heard(guest(), of)).call(tool, { order: of });
    expect([output, approvalId, types.includes(type)]).toEqual([expect.stringContaining(words), null, true]);
    expect([view?.activeStep, await book.read('anna')]).toEqual(['resolve', []]);
  });

  it.each([
    ['refund', 'SR-1061', 'SR-1061', '47 days ago'],
    ['refund', order, 'SR-1078', 'Read the policy first, for SR-1078.'],
    ['replace', order, 'SR-1061', 'Read the policy first, for SR-1061.'],
  ])('looks for itself before it does %s, though nobody was asked: %s, then %s', async (tool, first, then, words) => {
    const change = (agent: Agent) =>
      withTools({ ...agent, toolApproval: {} }, (name, own) => (name === tool ? late(own) : own));
    const { guest, book } = desk(memoryStorage(), { change });
    const anna = await heard(guest(), first);
    const lookedUp = first === then ? [] : [{ name: 'lookup_order', input: { order: then } }];
    const { outputs } = await anna.callAll([...lookedUp, { name: tool, input: { order: then } }]);
    expect([outputs.at(-1), await book.read('anna')]).toEqual([expect.stringContaining(words), []]);
  });

  it.each([
    ['lookup_order', { order: 'my lamp, order sr 1042, broke' }, { order, item: 'Brass cabin lamp', tickets: [] }],
    ['lookup_order', { order: 'hello' }, 'An order number is missing. It looks like SR-1042.'],
    ['lookup_order', { order: 'SR-9999' }, expect.stringContaining('There is no order SR-9999')],
    ['search_policy', { topic: 'damage' }, { policies: [{ title: 'Refunds' }, { title: 'Replacements' }] }],
  ])('answers %s %j', async (tool, input, output) => {
    const answer = await desk().guest().call(tool, input);
    expect({ output: answer.output }).toMatchObject({ output });
  });
});

describe.each(engines)('the tickets of a guest on %s', (_name, create) => {
  it('are found in a later conversation, in which nothing is paid again', async () => {
    const { guest, book } = desk(create());
    await refunded(guest());
    const later = guest();
    expect((await later.call('read_tickets')).output).toEqual({ tickets: [ticket] });
    const looked = await later.call('lookup_order', { order });
    expect([looked.output, looked.view?.data]).toMatchObject([
      { tickets: [ticket] },
      { order, tickets: [shownTicket] },
    ]);
    await later.call('search_policy', { topic: 'damage' });
    for (const settle of ['refund', 'replace']) {
      const { output, approvalId } = await later.call(settle, { order });
      expect([output, approvalId]).toEqual([`${order} was refunded already: see ticket T-1.`, null]);
    }
    expect(await book.read('anna')).toEqual([ticket]);
  });

  it('show one refund of an order for which four conversations say yes at once', async () => {
    const { guest, book } = desk(create());
    const asking = await Promise.all([guest(), guest(), guest(), guest()].map((anna) => heard(anna)));
    const questions = await Promise.all(asking.map((anna) => anna.call('refund', { order, reason: 'broken' })));
    expect(new Set(questions.map(({ approvalId }) => approvalId)).size).toBe(4);
    const answers = await Promise.all(
      asking.map((anna, index) => anna.answer(questions[index] ?? { approvalId: null }, true)),
    );
    const isRefusal = ({ output }: { output: unknown }) => output === `${order} was refunded already: see ticket T-1.`;
    expect(answers.filter(isRefusal)).toHaveLength(3);
    expect(answers.find((answer) => !isRefusal(answer))?.output).toMatchObject({ receipt: 'RF-1042', ticket: 'T-1' });
    expect(await book.read('anna')).toEqual([ticket]);
  });

  it('are not found by another guest, who has an order of that number as well', async () => {
    const { guest, book } = desk(create());
    await refunded(guest());
    const ben = guest('ben');
    expect((await ben.call('read_tickets')).output).toEqual({ tickets: [] });
    expect((await ben.call('close_ticket', { ticket: 'T-1' })).output).toContain('There are none yet');
    expect((await ben.call('lookup_order', { order })).output).toMatchObject({ tickets: [] });
    expect((await refunded(guest('ben'))).output).toMatchObject({ receipt: 'RF-1042', ticket: 'T-1' });
    expect([await book.read('anna'), (await book.read('ben')).length]).toEqual([[ticket], 1]);
  });

  it('stay when the conversation is taken back', async () => {
    const { storage, agent, guest, book } = desk(create());
    const anna = guest();
    await refunded(anna);
    await turnsOf(agent, storage).turns.rewind(anna.sessionId, { ...access, turnId: null });
    await heard(anna);
    expect((await anna.call('refund', { order })).output).toBe(`${order} was refunded already: see ticket T-1.`);
    expect(await book.read('anna')).toEqual([ticket]);
  });

  it('are one for a call that is carried out twice', async () => {
    const { guest, book } = desk(create(), { change: actingTwice });
    expect((await refunded(guest())).output).toMatchObject({ receipt: 'RF-1042', ticket: 'T-1' });
    const anna = guest();
    await anna.call('lookup_order', { order: 'SR-1078' });
    await anna.call('open_ticket', { order: 'SR-1078', about: 'no stock' });
    expect((await anna.call('close_ticket', { ticket: 'T-2' })).output).toMatchObject({ status: 'closed' });
    expect(await book.read('anna')).toMatchObject([ticket, { ticket: 'T-2', order: 'SR-1078' }]);
  });

  it('wait for a person when they are questions, until a later conversation closes them', async () => {
    const { guest } = desk(create());
    const anna = guest();
    expect((await anna.call('open_ticket', { order, about: 'too bright' })).output).toContain('no order yet');
    await anna.call('lookup_order', { order });
    const { output, view } = await anna.call('open_ticket', { order, about: 'too bright' });
    const question = { ticket: 'T-1', order, kind: 'question', about: 'too bright', status: 'open' };
    expect([output, view?.activeStep]).toEqual([question, 'settled']);
    const closed = await guest().call('close_ticket', { ticket: 'T-1' });
    expect(closed.view?.data).toEqual({ tickets: ['T-1 question SR-1042, closed'] });
  });
});

describe('a conversation with the support desk', () => {
  it('is interrupted by the next message, and goes on with that', async () => {
    const { storage, agent, guest } = desk(memoryStorage(), { model: obedientModel(20) });
    const anna = guest();
    const first = anna.say('word '.repeat(500));
    const { sessionId, owner } = anna;
    const running = async () => (await loadConversation({ storage, agent, sessionId, owner }))?.runningTurnId ?? null;
    await expect.poll(running, { timeout: 30_000 }).not.toBeNull();
    const second = await anna.call('read_tickets');
    expect([second.status, second.output, second.types.at(-1)]).toEqual([200, { tickets: [] }, 'finish']);
    expect((await first).types.at(-1)).toBe('abort');
    const turns = await turnsOf(agent, storage).turns.list(sessionId, access);
    expect(turns.map(({ status }) => status)).toEqual(['interrupted', 'completed']);
  });

  it('ends when its budget is used up, and so does the day of its guest', async () => {
    const { guest } = desk(memoryStorage(), { model: costlyModel(260_000) });
    const anna = guest();
    expect((await anna.say('Hello')).status).toBe(200);
    expect(await anna.say('Hello again')).toMatchObject({
      status: 429,
      error: { code: 'BUDGET', path: 'budget.perSession' },
    });
    expect((await guest().say('Hello')).status).toBe(200);
    expect(await guest().say('Hello')).toMatchObject({
      status: 429,
      error: { code: 'BUDGET', path: 'budget.perOwner' },
    });
    expect((await guest('ben').say('Hello')).status).toBe(200);
  });
});

/** Each of its tool calls is carried out twice, as by somebody who has not heard how the first went. */
function actingTwice(agent: Agent): Agent {
  return withTools(agent, (_name, tool) =>
    carriedOut(tool, async (execute) => {
      await execute();
      return execute();
    }),
  );
}

/** A tool that is the last of those that are called at once to begin. */
function late(tool: ToolSet[string]): ToolSet[string] {
  return carriedOut(tool, async (execute) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return execute();
  });
}

function withTools(agent: Agent, change: (name: string, tool: ToolSet[string]) => ToolSet[string]): Agent {
  const tools = Object.entries(agent.tools).map(([name, tool]) => [name, change(name, tool)] as const);
  return { ...agent, tools: Object.fromEntries(tools) };
}

function carriedOut(tool: ToolSet[string], how: (execute: () => unknown) => Promise<unknown>): ToolSet[string] {
  const { execute } = tool;
  if (execute === undefined) return tool;
  return {
    ...tool,
    execute: (input: unknown, options: ToolExecutionOptions<unknown>) => how(() => execute(input, options)),
  };
}
