import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { heldStorage } from '../testing/held.ts';
import { routeOn } from '../testing/desk.ts';
import { post, userMessage } from '../testing/talk.ts';

const decoder = new TextDecoder();

/** A room with a session 's', whose storage answers so many commands of what comes next, and holds the rest. */
async function roomThatAnswers(answers: number) {
  const held = heldStorage(memoryStorage());
  const route = routeOn(held.storage);
  await post(route, { id: 's', message: userMessage('first'), create: true });
  held.hold(answers);
  const say = async (body: object) => {
    const request = new Request('http://localhost/api/chat/desk', {
      method: 'POST',
      headers: { 'x-owner': 'me', 'content-type': 'application/json' },
      body: JSON.stringify({ message: userMessage('hello'), ...body }),
    });
    const { status, body: stream } = await route.POST(request);
    const reader = stream?.getReader();
    const next = async () => decoder.decode((await reader?.read())?.value);
    let first = await next();
    // A comment that says that the stream is open.
    while (first.startsWith(':')) first = await next();
    const rest = async () => {
      while ((await reader?.read())?.done === false);
    };
    return { status, first, rest };
  };
  return { ...held, say };
}

describe('the first byte of an answer', () => {
  // The bare route of the SDK waits for none.
  it.each([
    ['to a message in a session that is there', { id: 's' }, ['commit']],
    ['to one that would make the session', { id: 's', create: true }, ['commit']],
    ['to the first message of a session', {}, ['commit', 'commit', 'commit']],
    [
      'to the first message of a session of a chosen id',
      { id: 'new', create: true },
      ['commit', 'commit', 'commit', 'commit'],
    ],
  ])('%s waits for as many round trips as it takes to begin the turn', async (_, body, awaited) => {
    const room = await roomThatAnswers(awaited.length);
    const { status, first, rest } = await room.say(body);
    expect([status, first]).toEqual([200, expect.stringMatching(/^data: {"type":"start","messageId":"/)]);
    expect(room.commands().slice(0, awaited.length)).toEqual(awaited);
    room.release();
    await rest();
    const early = await roomThatAnswers(awaited.length - 1);
    const order: string[] = [];
    const said = early.say(body).then(() => order.push('first byte'));
    await early.untilHeld();
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push('answered');
    early.release();
    await said;
    expect(order).toEqual(['answered', 'first byte']);
  });
});
