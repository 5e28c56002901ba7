import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { convertToModelMessages, tool, validateUIMessages } from 'ai';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { roomOf } from '../agent/agent-room.ts';
import { answeredBy, findQuestion, goingOn } from './answering.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';
import { callOf, chatWith, settled, type Shop, shop, type ShopOptions, stateOf, toolParts } from '../testing/shop.ts';
import { ask, messageOf, post, textOf, userMessage } from '../testing/talk.ts';
import { sessionOf } from '../agent/tool-session.ts';

const approvalOf = (part: unknown) => (part as { approval: { id: string } }).approval.id;
const access = { owner: 'me', agentId: 'desk' };
const storedTools = async ({ load }: Pick<Shop, 'load'>) => toolParts((await load())?.messages ?? []);

async function asked(options?: ShopOptions, text = 'refund') {
  const room = shop(options);
  const answer = await post(room.route, { id: 's', message: userMessage(text, 'm1'), create: true });
  const parts = toolParts([(await messageOf(answer)) ?? userMessage('')]);
  const answers = parts.map((part) => ({ approvalId: approvalOf(part), approved: true }));
  return { ...room, parts, answers, approve: () => post(room.route, { id: 's', answers }) };
}

/** The scripted model, of whose stream something is changed; all prompts that it was given. */
function rewired(
  { reply }: ScriptedModelOptions,
  change: (part: LanguageModelV4StreamPart) => LanguageModelV4StreamPart,
) {
  const model = scriptedModel(reply && { reply });
  const prompts: unknown[] = [];
  const doStream: LanguageModelV4['doStream'] = async (options) => {
    prompts.push(options.prompt);
    const { stream } = await model.doStream(options);
    const changing = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
      transform: (part, controller) => controller.enqueue(change(part)),
    });
    return { stream: stream.pipeThrough(changing) };
  };
  return { model: { ...model, doStream }, prompts };
}

const refundTwice: NonNullable<ScriptedModelOptions['reply']> = ({ toolResults }) => {
  const times = toolResults.filter(({ isNew }) => isNew).length;
  return times < 2 ? { toolCalls: [{ name: 'refund', input: { euros: times } }] } : { text: 'done' };
};

async function assertModelTakes({ load, agent }: Pick<Shop, 'load' | 'agent'>) {
  const messages = (await load())?.messages ?? [];
  await convertToModelMessages(await validateUIMessages({ messages: [...messages] }), { tools: agent.tools });
}

describe('what is stored of a call', () => {
  it.each(['{"emoji":"\\ud83d\\ude00"}', '\\', '\\\\ud83d'])('keeps the text %j as it is', async (text) => {
    const lookup = tool({ inputSchema: z.object({}), execute: () => text });
    const room = shop({ toolApproval: {}, tools: { lookup } });
    await post(room.route, { id: 's', message: userMessage('lookup', 'm1'), create: true });
    expect(await storedTools(room)).toMatchObject([{ state: 'output-available', output: text }]);
  });

  it('keeps the rest where one part cannot be kept', async () => {
    const note = z.object({ note: z.string() });
    const keep = tool({ inputSchema: note, execute: () => 'kept' });
    const reply: ScriptedModelOptions['reply'] = ({ toolResults }) =>
      toolResults.length > 0
        ? { text: 'ok' }
        : { text: 'half \ud83d', toolCalls: [{ name: 'keep', input: { note: 'a' } }] };
    const room = shop({ toolApproval: {}, tools: { keep }, reply });
    await post(room.route, { id: 's', message: userMessage('go', 'm1'), create: true });
    expect(await storedTools(room)).toMatchObject([{ state: 'output-available', output: 'kept' }]);
    await assertModelTakes(room);
  });

  it('is what an answer is about, also where the model broke off in the midst of a character', async () => {
    const note = tool({ inputSchema: z.object({ note: z.string() }), execute: ({ note: text }) => text.length });
    const reply: ScriptedModelOptions['reply'] = ({ toolResults }) =>
      toolResults.length > 0 ? { text: 'ok' } : { toolCalls: [{ name: 'note', input: { note: 'see \ud83d' } }] };
    const room = await asked({ toolApproval: { note: 'user-approval' }, tools: { note }, reply });
    expect(textOf(await room.approve())).toBe('ok');
  });

  it('is asked for by a rule that looks at the session, and again when it is given', async () => {
    const seen: unknown[] = [];
    const toolApproval: NonNullable<ShopOptions['toolApproval']> = {
      refund: (_input, call) => {
        const { owner, state, idempotencyKey } = sessionOf(call);
        seen.push([owner, state.turnCount, JSON.parse(idempotencyKey)[2] === call.toolCallId]);
        return 'user-approval';
      },
    };
    const room = await asked({ toolApproval }, 'refund');
    await room.approve();
    expect([seen, room.paid.length]).toEqual([
      [
        ['me', 0, true],
        ['me', 0, true],
      ],
      1,
    ]);
  });

  it('is each call by itself, where the rule that is asked again denies one of two', async () => {
    let isOver = false;
    const toolApproval: NonNullable<ShopOptions['toolApproval']> = {
      refund: (input) => (isOver && JSON.stringify(input).includes('7') ? 'denied' : 'user-approval'),
    };
    const room = await asked({ toolApproval }, 'refund twice');
    isOver = true;
    await room.approve();
    expect(room.paid).toMatchObject([{ euros: 5 }]);
    expect(await storedTools(room)).toMatchObject([
      { state: 'output-available', output: '5 euros are paid' },
      { state: 'output-denied', approval: { approved: false } },
    ]);
    await assertModelTakes(room);
  });
});

describe('an answered call', () => {
  it('is shown to the model with all that the provider has said of it, once, also where a message is taken along', async () => {
    const signed = { google: { thoughtSignature: 'SIG' } };
    let pay = () => {};
    const refund = tool({
      inputSchema: z.object({ euros: z.number() }),
      execute: async () => {
        await new Promise<void>((resolve) => {
          pay = resolve;
        });
        return 'paid';
      },
    });
    const { model, prompts } = rewired(
      {
        reply: ({ userText, toolResults }) =>
          toolResults.length > 0 ? { text: `${userText}!` } : { toolCalls: [{ name: 'refund', input: { euros: 1 } }] },
      },
      (part) => (part.type === 'tool-call' ? { ...part, providerMetadata: signed } : part),
    );
    const room = await asked({ model, tools: { refund }, overlap: 'steer' });
    const answer = room.approve();
    await vi.waitFor(async () => expect((await room.load())?.runningTurnId).toBe('m1#1~1#1'), 5000);
    const steered = post(room.other, { id: 's', message: userMessage('more', 'm2') });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    pay();
    await Promise.all([answer, steered]);
    const last = JSON.stringify(prompts.at(-1));
    expect([last.split('"type":"tool-call"').length - 1, last.includes('SIG')]).toEqual([1, true]);
    await assertModelTakes(room);
  });

  it('may have the id of an earlier one: each question is answered by itself', async () => {
    const { model } = rewired({ reply: refundTwice }, (part) =>
      part.type === 'tool-call'
        ? { ...part, toolCallId: 'call_0' }
        : 'id' in part && part.type.startsWith('tool')
          ? { ...part, id: 'call_0' }
          : part,
    );
    const room = await asked({ model });
    const second = await room.approve();
    const question = second.chunks.findLast(({ type }) => type === 'tool-approval-request');
    const approvalId = question !== undefined && 'approvalId' in question ? question.approvalId : '';
    const third = await post(room.route, { id: 's', answers: [{ approvalId, approved: true }] });
    expect([textOf(third), room.paid.length]).toEqual(['done', 2]);
    await assertModelTakes(room);
  });

  it('of which nothing is known any more is not asked again by another attempt, however that is asked for', async () => {
    for (const body of [
      { regenerate: 'm1' },
      { regenerate: null },
      { message: userMessage('refund', 'm1'), replaces: 'm1' },
    ]) {
      const room = await asked();
      const { turns } = roomOf(room.agent, { storage: room.storage, turns: { leaseMs: 100 } });
      const items = (await turns.open('s', access))?.messages.items ?? [];
      const question = await findQuestion(await turns.list('s', access), items, room.answers);
      const answered = await answeredBy(question, room.answers, room.agent.tools);
      const begun = await turns.begin('s', { ...access, ...(await goingOn(answered, answered.given)) });
      if (begun.status === 'started') begun.turn.abandon();
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(textOf(await post(room.other, { id: 's', ...body }))).toContain('interrupted');
      expect([stateOf((await storedTools(room))[0]), room.paid]).toEqual(['output-error', []]);
      expect((await turns.list('s', access)).at(-1)).toMatchObject({ turnId: 'm1#1~1#2', parentTurnId: 'm1#1' });
      expect((await post(room.route, { id: 's', regenerate: null })).status).toBe(200);
    }
  });
});

describe('the chat of the SDK', () => {
  it.each(['ours', 'its own'])(
    'sends an answer once whose turn is then stopped, by the transport that is %s',
    async (which) => {
      const refund = tool({
        inputSchema: z.object({ euros: z.number() }),
        execute: async (_input, { abortSignal }) => {
          await new Promise((resolve) => abortSignal?.addEventListener('abort', resolve, { once: true }));
          return 'never';
        },
      });
      const room = shop({ tools: { refund, locate: tool({ inputSchema: z.object({}) }) } });
      const posts = vi.spyOn(room.route, 'POST');
      const chat = chatWith(room, which);
      await chat.sendMessage({ text: 'refund where' });
      const [question, place] = toolParts(chat.messages);
      await chat.addToolOutput({ tool: 'locate', toolCallId: callOf(place), output: 'here' });
      void chat.addToolApprovalResponse({ id: approvalOf(question), approved: true });
      await vi.waitFor(async () => expect((await room.load())?.runningTurnId).toMatch(/~1#1$/), 5000);
      await ask(room.other, 'DELETE', { id: 's', turn: (await room.load())?.runningTurnId ?? '' });
      await settled(chat);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect([posts.mock.calls.length, chat.status]).toEqual([2, 'ready']);
      expect(stateOf(toolParts(chat.messages)[0])).toBe('output-error');
      expect((await room.load())?.messages).toEqual(chat.messages);
    },
  );

  it('answers beside a call that failed with very long words', async () => {
    const talk = tool({
      inputSchema: z.object({}),
      outputSchema: z.string(),
    });
    const room = await asked({ tools: { ...shop().agent.tools, talk } });
    const long = { toolCallId: 'other', errorText: 'x'.repeat(12_000) };
    const answers = [...room.answers, long];
    expect(textOf(await post(room.route, { id: 's', answers }))).toContain('5 euros are paid');
  });
});

describe('a client', () => {
  it('cannot give a message the id of answers, and may give one that only looks like it', async () => {
    const room = await asked();
    const refused = await post(room.route, { id: 's', message: userMessage('hi', 'm1#1~1') });
    expect([refused.status, refused.body]).toMatchObject([400, { error: { path: 'message.id' } }]);
    await room.approve();
    expect(textOf(await post(room.route, { id: 's', message: userMessage('hi', 'm1~1') }))).toBe('You said hi.');
  });

  it('is told that an input which nobody can read is not what was asked about', async () => {
    const room = await asked();
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const [answer] = room.answers;
    const body = JSON.stringify({ id: 's', answers: [{ ...answer, input: 'DEEP' }] }).replace('"DEEP"', deep);
    const refused = await post(room.route, body);
    expect([refused.status, refused.body]).toMatchObject([400, { error: { code: 'INVALID' } }]);
  });

  it('has carried its tool out, once, though the server that was told first has died', async () => {
    const locate = tool({ inputSchema: z.object({}), outputSchema: z.string() });
    const room = shop({ tools: { locate }, toolApproval: {} });
    const question = await post(room.route, { id: 's', message: userMessage('where', 'm1'), create: true });
    const [part] = toolParts([(await messageOf(question)) ?? userMessage('')]);
    const answers = [{ toolCallId: callOf(part), output: 'Oslo' }];
    const { turns } = roomOf(room.agent, { storage: room.storage, turns: { leaseMs: 100 } });
    const items = (await turns.open('s', access))?.messages.items ?? [];
    const asking = await findQuestion(await turns.list('s', access), items, answers);
    const answered = await answeredBy(asking, answers, room.agent.tools);
    const begun = await turns.begin('s', { ...access, ...(await goingOn(answered, answered.given)) });
    if (begun.status === 'started') begun.turn.abandon();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await post(room.other, { id: 's', answers });
    expect((await turns.open('s', access))?.state).toMatchObject({
      toolCounts: { locate: 1 },
      toolLog: [{ ok: true }],
    });
  });

  it('has its output as the schema makes it', async () => {
    const locate = tool({ inputSchema: z.object({}), outputSchema: z.object({ city: z.string().trim() }) });
    const room = shop({ tools: { locate }, toolApproval: {} });
    const question = await post(room.route, { id: 's', message: userMessage('where', 'm1'), create: true });
    const [part] = toolParts([(await messageOf(question)) ?? userMessage('')]);
    const answers = [{ toolCallId: callOf(part), output: { city: ' Oslo ', evil: 'x' } }];
    await post(room.route, { id: 's', answers });
    expect(await storedTools(room)).toMatchObject([{ output: { city: 'Oslo' } }]);
    expect(JSON.stringify(await storedTools(room))).not.toContain('evil');
  });
});
