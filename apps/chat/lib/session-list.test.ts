import type { SessionSummary } from '@stateroom/ai-sdk/client';
import { describe, expect, it } from 'vitest';
import { SessionList } from './session-list.ts';

function summary(sessionId: string): SessionSummary {
  return {
    sessionId,
    agentId: 'game',
    title: sessionId,
    createdAt: 0,
    updatedAt: 0,
    expiresAt: null,
    turnCount: 1,
    activeStep: null,
    forkOf: null,
  };
}

/** A server that has sessions, oldest first, and that answers when it is let. */
function server(ids: readonly string[]) {
  const state = { ids: [...ids], asked: 0, isDown: false, hold: Promise.resolve() };
  return {
    state,
    list: async ({ limit = 50, cursor = null }: { limit?: number; cursor?: string | null } = {}) => {
      state.asked += 1;
      if (state.isDown) throw new Error('no server');
      const start = Number(cursor ?? 0);
      const page = state.ids.toReversed().slice(start, start + limit);
      await state.hold;
      const end = start + page.length;
      return { sessions: page.map(summary), cursor: end < state.ids.length ? String(end) : null };
    },
    delete: async (sessionId: string) => {
      const isThere = state.ids.includes(sessionId);
      state.ids = state.ids.filter((id) => id !== sessionId);
      return isThere;
    },
  };
}

const many = Array.from({ length: 70 }, (_, index) => `s${index}`);
const shown = (list: SessionList) => list.snapshot().sessions?.map(({ sessionId }) => sessionId);

describe('the list of one’s own sessions', () => {
  it('has the newest first, the older ones when they are asked for, and as many after it was read again', async () => {
    const list = new SessionList(server(many));
    await list.refresh();
    expect([shown(list)?.length, shown(list)?.[0], list.snapshot().hasOlder]).toEqual([30, 's69', true]);
    await list.showOlder();
    await list.showOlder();
    expect([shown(list)?.length, shown(list)?.at(-1), list.snapshot().hasOlder]).toEqual([70, 's0', false]);
    await list.refresh();
    expect(shown(list)).toEqual(many.toReversed());
  });

  it('reads once more for all that came while it read, and tells whoever draws it', async () => {
    const { state, ...sessions } = server(['one']);
    const list = new SessionList(sessions);
    let told = 0;
    list.subscribe(() => (told += 1));
    let release = () => {};
    state.hold = new Promise((resolve) => (release = resolve));
    const first = list.refresh();
    state.ids.push('two');
    const others = [list.refresh(), list.refresh(), list.refresh()];
    release();
    await Promise.all([first, ...others]);
    expect([state.asked, told, shown(list)]).toEqual([2, 2, ['two', 'one']]);
  });

  it('keeps what it has while the server is away, and says so', async () => {
    const { state, ...sessions } = server(['one']);
    const list = new SessionList(sessions);
    state.isDown = true;
    await list.refresh();
    expect(list.snapshot()).toMatchObject({ sessions: null, hasFailed: true });
    state.isDown = false;
    await list.refresh();
    state.isDown = true;
    await list.refresh();
    expect([shown(list), list.snapshot().hasFailed]).toEqual([['one'], true]);
  });

  it('is without one that was deleted', async () => {
    const list = new SessionList(server(['one', 'two']));
    await list.refresh();
    await list.delete('one');
    expect(shown(list)).toEqual(['two']);
  });
});
