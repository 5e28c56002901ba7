import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SaveReport, StorageProvider } from '@stateroom/core';
import { createFinanceChat } from '../agent-chat/finance-chat.ts';
import { Guest } from '../agent-chat/guest.ts';
import { UserSessions } from '../server-sessions/user-sessions.ts';
import { ManagedSessionStore } from '../session-store/managed-session-store.ts';
import { GameSessions } from '../space-game/game-sessions.ts';
import { SaveFolder } from '../space-game/save-folder.ts';
import { UserSessions as UpstreamSessions } from '../upstream-pipeline/user-session.ts';

/** A system of sessions that shares its storage with others. It knows of none of them. */
export type Resident = {
  readonly name: string;
  /** What its keys begin with. */
  readonly namespaces: readonly string[];
  /** A guest comes, and something is kept of the visit. Gives the session's id: the guest's name, where callers choose. */
  readonly visit: (guest: string) => Promise<string>;
  /** All that the system can tell of the session, as plain data; null where there is none. */
  readonly show: (sessionId: string, guest: string) => Promise<unknown>;
  readonly remove: (sessionId: string, guest: string) => Promise<unknown>;
  /** How many sessions it counts; null where it lets nobody count them. */
  readonly count: (() => Promise<number>) | null;
  /** Each of its sessions into a file; null where what is kept is never to leave. */
  readonly save: (() => Promise<SaveReport>) | null;
};

export type ResidentsOptions = {
  readonly storage: StorageProvider;
  /** 32 bytes or more that nobody knows. */
  readonly secret: string;
  /** A folder for what is saved. */
  readonly saves: string;
};

/** The systems of the five recipes, on one storage. */
export function residents({ storage, secret, saves }: ResidentsOptions): readonly Resident[] {
  return [
    logins(new UserSessions({ storage, secret })),
    pipelines(new UpstreamSessions({ storage, secret, upstreamBase: 'https://upstream.test' })),
    games(new GameSessions({ storage, folder: new SaveFolder(saves) })),
    chats(storage, saves),
    players(new ManagedSessionStore({ storage }), saves),
  ];
}

function logins(users: UserSessions): Resident {
  return {
    name: 'server-sessions',
    namespaces: ['user-sessions'],
    visit: async (guest) => {
      const { sessionId } = await users.createSession(guest, `ticket of ${guest}`);
      await users.setLastStep(sessionId, { name: 'greet', endpoint: `/greet/${guest}` });
      return sessionId;
    },
    show: async (sessionId) => (await users.getSession(sessionId))?.data ?? null,
    remove: async (sessionId) => users.delete(sessionId),
    count: null,
    save: null,
  };
}

function pipelines(users: UpstreamSessions): Resident {
  return {
    name: 'upstream-pipeline',
    namespaces: ['upstream-sessions'],
    visit: async (guest) => {
      const session = await users.createSession({ accountId: guest, ticket: `ticket of ${guest}` });
      await session.runPipeline([{ name: 'greet', run: () => `hello ${guest}` }]);
      return session.id;
    },
    show: async (sessionId) => {
      const session = await users.getSession(sessionId);
      return { context: { ...(await session.getContext()) }, lastStep: await session.getLastStep() };
    },
    remove: async (sessionId) => users.deleteSession(sessionId),
    count: null,
    save: null,
  };
}

function games(sessions: GameSessions): Resident {
  return {
    name: 'space-game',
    namespaces: ['space-game'],
    visit: async (guest) => {
      await sessions.createSession(guest, { owner: guest });
      await sessions.act(guest, { type: 'buy', item: 'shield_capsule', quantity: 1 }, { owner: guest });
      return guest;
    },
    show: async (sessionId, guest) => (await sessions.getSession(sessionId, { owner: guest }))?.data ?? null,
    remove: async (sessionId, guest) => sessions.removeSession(sessionId, { owner: guest }),
    count: async () => (await sessions.stats()).active_sessions,
    save: async () => sessions.saveAll(),
  };
}

function chats(storage: StorageProvider, saves: string): Resident {
  const chat = createFinanceChat({ storage });
  return {
    name: 'agent-chat',
    namespaces: ['orchestration-state', 'sessions'],
    visit: async (guest) => {
      await chat.states.getOrCreateState(guest, { owner: guest });
      await new Guest(guest, guest).say(`I am ${guest}. What is the price of Apple?`, chat);
      return guest;
    },
    show: async (sessionId, guest) => {
      const seen = await new Guest(guest, sessionId).look(chat);
      return seen.ok ? { conversation: await seen.json(), notes: await chat.notes.read(sessionId) } : null;
    },
    remove: async (sessionId) => {
      await chat.states.sessions.deleteSession(sessionId);
      await chat.notes.sessions.deleteSession(sessionId);
    },
    count: async () => (await chat.states.sessions.stats()).sessions,
    save: async () => chat.states.sessions.saveAll(intoFile(saves, 'chat')),
  };
}

function players(store: ManagedSessionStore, saves: string): Resident {
  return {
    name: 'session-store',
    namespaces: ['session'],
    visit: async (guest) => {
      const at = Date.now();
      await store.saveSession(guest, { username: guest, sessionId: guest, createdAt: at, lastActivity: at });
      return guest;
    },
    show: async (sessionId) => store.getSession(sessionId),
    remove: async (sessionId) => store.deleteSession(sessionId),
    count: async () => store.countSessions(),
    save: async () => store.sessions.saveAll(intoFile(saves, 'player')),
  };
}

function intoFile(folder: string, kind: string) {
  return async ({ sessionId, data }: { readonly sessionId: string; readonly data: unknown }): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${kind}_${encodeURIComponent(sessionId)}.json`), JSON.stringify(data));
  };
}
