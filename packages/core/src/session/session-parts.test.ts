import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { override } from '../storage/override.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { manualClock } from '../testing/clock.ts';
import { flaky } from '../testing/flaky.ts';
import { increment, manage, type State } from './test-sessions.ts';
import { unwrap } from './result.ts';
import type { SessionManager } from './session-manager.ts';
import type { SessionAttachment } from './stored/attachment.ts';

/** Notes under keys of their own, of which the list `notes` tells the names. */
const notes: SessionAttachment = {
  creation: (keys) => [{ type: 'delete', key: keys.ofList('notes') }],
  reads: (keys) => ({ lists: [{ key: keys.ofList('notes') }] }),
  removal: (keys, { lists: [named] }) => ({
    checks: [{ key: keys.ofList('notes'), length: named?.length ?? 0 }],
    changes: [keys.ofList('notes'), ...(named?.items ?? []).map((name) => keys.ofPart('note', name))].map((key) => ({
      type: 'delete',
      key,
    })),
  }),
  lasting: (keys) => [keys.ofList('notes')],
};

/** One entry, whose version the removal checks. */
const seal: SessionAttachment = {
  creation: (keys) => [{ type: 'delete', key: keys.ofPart('seal') }],
  reads: (keys) => ({ entries: [keys.ofPart('seal')] }),
  removal: (keys, { entries: [entry] }) => ({
    checks: [{ key: keys.ofPart('seal'), version: entry?.version ?? null }],
    changes: [{ type: 'delete', key: keys.ofPart('seal') }],
  }),
  lasting: (keys) => [keys.ofPart('seal')],
};

const attachments = [seal, notes];

async function writeNote(storage: StorageProvider, name: string): Promise<void> {
  const keys = manage(storage).parts.keys('s');
  const key = keys.ofPart('note', name);
  await storage.commit({
    checks: [{ key, version: null }],
    changes: [
      { type: 'set', key, value: 'x', version: 'v1', ttlMs: null },
      { type: 'append', key: keys.ofList('notes'), items: [name], ttlMs: null },
    ],
  });
}

async function writeSeal(storage: StorageProvider, ttlMs: number | null): Promise<string> {
  const key = manage(storage).parts.keys('s').ofPart('seal');
  const change = { type: 'set', key, value: 'x', version: 'v1', ttlMs } as const;
  expect((await storage.commit({ checks: [{ key, version: null }], changes: [change] })).committed).toBe(true);
  return key;
}

async function notesOn(storage: StorageProvider): Promise<string[]> {
  const { found } = await storage.scan('', null, 1000);
  return found.map(({ key }) => key).filter((key) => key.includes('note'));
}

describe('what is kept beside a session', () => {
  it.each(['deleteSession', 'resetSession'] as const)('goes with %s, and so does what came meanwhile', async (name) => {
    const storage = memoryStorage();
    const late = ['one', 'two'];
    const sessions = manage(
      override(storage, {
        read: async (reads) => {
          const snapshot = await storage.read(reads);
          if (reads.lists?.length && late.length > 0) await writeNote(storage, `late:${late.pop()}`);
          return snapshot;
        },
      }),
      { attachments },
    );
    unwrap(await sessions.createSession({ sessionId: 's' }));
    await writeNote(storage, 'early');
    unwrap(await sessions[name]('s'));
    expect([late, await notesOn(storage)]).toEqual([[], []]);
    expect((await sessions.getSession('s')).success).toBe(name === 'resetSession');
  });

  it.each(['deleteSession', 'resetSession'] as const)(
    'goes with %s, also where more came meanwhile and nobody heard that it was refused',
    async (name) => {
      const storage = memoryStorage();
      const late = ['one'];
      const network = override(storage, {
        read: async (reads) => {
          const snapshot = await storage.read(reads);
          if (reads.lists?.length && late.length > 0) await writeNote(storage, `late:${late.pop()}`);
          return snapshot;
        },
      });
      const sessions = manage(flaky(network, { losesReply: (commit) => commit === 2 }), { attachments });
      unwrap(await sessions.createSession({ sessionId: 's' }));
      unwrap(await sessions[name]('s'));
      expect([late, await notesOn(storage)]).toEqual([[], []]);
      expect((await sessions.getSession('s')).success).toBe(name === 'resetSession');
    },
  );

  it('goes when another session takes the place', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage, { attachments });
    unwrap(await sessions.createSession({ sessionId: 's' }));
    await writeNote(storage, 'early');
    unwrap(await sessions.createSession({ sessionId: 's', ifExists: 'replace' }));
    expect(await notesOn(storage)).toEqual([]);
  });

  it.each(['deleteSession', 'resetSession'] as const)(
    'is of several packages, and all of it goes with %s',
    async (name) => {
      const storage = memoryStorage();
      const sessions = manage(storage, { attachments });
      unwrap(await sessions.createSession({ sessionId: 's' }));
      await writeNote(storage, 'early');
      const key = await writeSeal(storage, null);
      unwrap(await sessions[name]('s'));
      expect([await notesOn(storage), (await storage.read({ entries: [key] })).entries]).toEqual([[], [null]]);
    },
  );

  it('lives as long as the session does, by whatever keeps that alive', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { attachments, clock: clock.now, ttl: { idleMs: 1000 } });
    unwrap(await sessions.createSession({ sessionId: 's' }));
    const key = await writeSeal(storage, 2000);
    const keepAlive = [() => sessions.updateSession('s', increment), () => sessions.touchSession('s')];
    for (const keep of [...keepAlive, ...keepAlive, ...keepAlive]) {
      await clock.advance(900);
      unwrap(await keep());
    }
    expect((await storage.read({ entries: [key] })).entries).not.toContain(null);
    await clock.advance(2001);
    expect((await storage.scan('', null, 10)).found).toEqual([]);
  });
});

describe('a draft', () => {
  const add = (amount: number) => (state: State) => ({ ...state, count: state.count + amount });

  /** Writes the state 100 as a draft over what is there, or whatever `next` makes of the session. */
  async function draftOn(sessions: SessionManager<State, 'log'>, end?: 'stands' | 'is taken back') {
    const { parts } = sessions;
    const opened = await parts.open('s', (await parts.read({ entries: [parts.keys('s').record] })).entries[0]);
    const before = opened.draft?.before ?? opened.state;
    const next =
      end === undefined
        ? { state: add(100)(opened.state), draft: { before, note: { by: 'me' } } }
        : { state: end === 'stands' ? opened.state : before, draft: null };
    const { checks, changes } = await parts.write(opened, next);
    expect((await parts.commit({ checks, changes })).committed).toBe(true);
  }
  const count = async (sessions: SessionManager<State, 'log'>) => unwrap(await sessions.getSession('s')).data.count;

  it.each([
    ['stands', 112],
    ['is taken back', 12],
  ] as const)('that %s keeps what others have changed meanwhile, once', async (end, expected) => {
    const sessions = manage(memoryStorage());
    unwrap(await sessions.createSession({ sessionId: 's' }));
    unwrap(await sessions.updateSession('s', increment));
    await draftOn(sessions);
    expect(await count(sessions)).toBe(101);
    unwrap(await sessions.updateSession('s', add(10)));
    unwrap(await sessions.updateSession('s', increment));
    await draftOn(sessions, end);
    expect(await count(sessions)).toBe(expected);
    unwrap(await sessions.updateSession('s', increment));
    expect(await count(sessions)).toBe(expected + 1);
  });

  it('is gone after a reset', async () => {
    const sessions = manage(memoryStorage());
    unwrap(await sessions.createSession({ sessionId: 's' }));
    await draftOn(sessions);
    unwrap(await sessions.resetSession('s'));
    await draftOn(sessions, 'is taken back');
    expect(await count(sessions)).toBe(0);
  });
});
