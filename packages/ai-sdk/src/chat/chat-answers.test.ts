import { convertToModelMessages, validateUIMessages } from 'ai';
import { describe, expect, it, vi } from 'vitest';
import { roomOf } from '../agent/agent-room.ts';
import {
  approvalOf,
  assertWhole,
  callOf,
  chatWith,
  settled,
  type Shop,
  shop,
  stateOf,
  textIn,
  toolParts,
} from '../testing/shop.ts';
import { ask, messageOf, post } from '../testing/talk.ts';

describe.each(['ours', 'its own'])('the chat of the SDK, by the transport that is %s', (which) => {
  it('asks for an approval, and goes on with it in the same message', async () => {
    const room = shop();
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'refund' });
    const [question] = toolParts(chat.messages);
    expect([stateOf(question), room.paid]).toEqual(['approval-requested', []]);
    await assertWhole(room, chat.messages);
    await settled(chat, chat.addToolApprovalResponse({ id: approvalOf(question), approved: true }));
    expect([chat.status, chat.error]).toEqual(['ready', undefined]);
    expect(room.paid).toEqual([{ euros: 5, toolCallId: callOf(question) }]);
    expect(textIn(chat.messages)).toBe('Let me see.So: "5 euros are paid".');
    expect(chat.messages).toHaveLength(2);
    await assertWhole(room, chat.messages);
    await chat.sendMessage({ text: 'thanks' });
    await assertWhole(room, chat.messages);
  });

  it('is told of a denial, with its reason', async () => {
    const room = shop();
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'refund' });
    const [question] = toolParts(chat.messages);
    await settled(
      chat,
      chat.addToolApprovalResponse({ id: approvalOf(question), approved: false, reason: 'too much' }),
    );
    expect([room.paid, textIn(chat.messages)]).toEqual([[], 'Let me see.So: "too much".']);
    expect(toolParts(chat.messages)[0]).toMatchObject({ state: 'output-denied', approval: { reason: 'too much' } });
    await assertWhole(room, chat.messages);
  });

  it('gives the output of a tool that is its own', async () => {
    const room = shop();
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'where' });
    const [question] = toolParts(chat.messages);
    expect(stateOf(question)).toBe('input-available');
    await assertWhole(room, chat.messages);
    await settled(chat, chat.addToolOutput({ tool: 'locate', toolCallId: callOf(question), output: { city: 'Oslo' } }));
    await vi.waitFor(() => expect(textIn(chat.messages)).toContain('So'));
    await settled(chat);
    expect(textIn(chat.messages)).toBe('Let me see.So: {"city":"Oslo"}.');
    expect((await room.load())?.state.recentlyUsedTools).toEqual(['locate']);
    await assertWhole(room, chat.messages);
  });

  it('answers all that is asked at once, beside what has its result already', async () => {
    const room = shop();
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'refund twice lookup where' });
    const [first, second, looked, located] = toolParts(chat.messages);
    expect(stateOf(looked)).toBe('output-available');
    await chat.addToolApprovalResponse({ id: approvalOf(second), approved: true });
    await chat.addToolOutput({
      state: 'output-error',
      tool: 'locate',
      toolCallId: callOf(located),
      errorText: 'no signal',
    });
    expect(room.calls).toHaveLength(1);
    await settled(chat, chat.addToolApprovalResponse({ id: approvalOf(first), approved: false }));
    expect([room.calls.length, room.paid.length]).toEqual([2, 1]);
    expect(toolParts(chat.messages).map(stateOf)).toEqual([
      'output-denied',
      'output-available',
      'output-available',
      'output-error',
    ]);
    await assertWhole(room, chat.messages);
  });

  it('is asked again and again in one answer', async () => {
    const room = shop({
      reply: ({ toolResults }) => {
        const times = toolResults.filter(({ isNew }) => isNew).length;
        return times < 3
          ? { text: `${times} `, toolCalls: [{ name: 'refund', input: { euros: times } }] }
          : { text: 'done' };
      },
    });
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'go' });
    for (const time of [0, 1, 2]) {
      const question = toolParts(chat.messages)[time];
      await settled(chat, chat.addToolApprovalResponse({ id: approvalOf(question), approved: true }));
      await assertWhole(room, chat.messages);
    }
    expect([chat.messages.length, textIn(chat.messages)]).toEqual([2, '0 1 2 done']);
    expect(room.paid).toMatchObject([{ euros: 0 }, { euros: 1 }, { euros: 2 }]);
    await chat.regenerate();
    expect(stateOf(toolParts(chat.messages)[0])).toBe('approval-requested');
    await assertWhole(room, chat.messages);
  });

  it('goes on where the model failed after the tool had run, and runs it once', async () => {
    let fails = true;
    const room = shop({
      reply: ({ toolResults }) => {
        const isPaid = toolResults.some(({ isNew }) => isNew);
        if (isPaid && fails) throw new Error('the model is down');
        return isPaid ? { text: 'Paid at last.' } : { toolCalls: [{ name: 'refund', input: { euros: 5 } }] };
      },
    });
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'refund' });
    await settled(chat, chat.addToolApprovalResponse({ id: approvalOf(toolParts(chat.messages)[0]), approved: true }));
    expect([chat.status, room.paid.length]).toEqual(['error', 1]);
    fails = false;
    await chat.regenerate();
    expect([textIn(chat.messages), room.paid.length]).toEqual(['Paid at last.', 1]);
    const stored = (await room.load())?.messages ?? [];
    expect(toolParts(stored).map(stateOf)).toEqual(['output-available']);
    await convertToModelMessages(await validateUIMessages({ messages: stored }), { tools: room.agent.tools });
  });

  it('takes a new message for a denial', async () => {
    const room = shop();
    const errors: Error[] = [];
    const chat = chatWith(room, which, (error) => errors.push(error));
    await chat.sendMessage({ text: 'refund' });
    const [question] = toolParts(chat.messages);
    await chat.sendMessage({ text: 'never mind' });
    expect(textIn(chat.messages)).toBe('You said never mind.');
    const stored = (await room.load())?.messages ?? [];
    expect(stateOf(toolParts(stored)[0])).toBe('output-denied');
    await convertToModelMessages(await validateUIMessages({ messages: stored }), { tools: room.agent.tools });
    const late = await post(room.route, { id: 's', answers: [{ approvalId: approvalOf(question), approved: true }] });
    expect([late.status, late.body, room.paid]).toMatchObject([409, { error: { code: 'NOT_PENDING' } }, []]);
  });

  it('shows the question after a reload, and the turn that answers it, whole', async () => {
    const room = shop();
    const chat = chatWith(room, which);
    await chat.sendMessage({ text: 'refund' });
    const reloaded = chatWith(room, which);
    reloaded.messages = [...((await room.load())?.messages ?? [])];
    await settled(
      reloaded,
      reloaded.addToolApprovalResponse({ id: approvalOf(toolParts(reloaded.messages)[0]), approved: true }),
    );
    await assertWhole(room, reloaded.messages);
    const [, answering] = await turnsOf(room);
    const followed = await ask(room.other, 'GET', { id: 's', turn: answering?.turnId ?? '' });
    expect(await messageOf(followed)).toEqual(reloaded.messages[1]);
  });
});

async function turnsOf({ agent, storage }: Shop) {
  return roomOf(agent, { storage }).turns.list('s', { owner: 'me', agentId: 'desk' });
}
