import { SessionManager, type StorageProvider, unwrap } from '@stateroom/core';
import { z } from 'zod';
import { turnAttachment } from '../turn/turn-parts.ts';
import { type Begun, TurnManager, type TurnManagerOptions } from '../turn/turn-manager.ts';
import type { Turn } from '../turn/turn.ts';

const Told = z.object({ told: z.array(z.string()) });
export type Told = z.infer<typeof Told>;

const owner = 'guest';
const agentId = 'agent';

/** Sessions whose state is what it was told, and the turns in them. */
export function rooms(storage: StorageProvider, options: Omit<TurnManagerOptions<Told>, 'sessions'> = {}) {
  const sessions = new SessionManager({
    storage,
    namespace: 'room',
    schema: Told,
    initialState: () => ({ told: [] }),
    lists: ['messages', 'turns'],
    attachments: [turnAttachment],
  });
  const turns = new TurnManager({ sessions, ...options });
  const access = { owner, agentId };
  return {
    sessions,
    turns,
    access,
    create: async (sessionId = 's') => unwrap(await sessions.createSession({ ...access, sessionId })),
    begin: (messageId: string, more: Partial<Parameters<typeof turns.begin>[1]> = {}) =>
      turns.begin('s', { ...access, messageId, input: [`${messageId}:user`], ...more }),
    /** The transcript and the state, as they are stored. */
    stored: async (sessionId = 's') => {
      const found = unwrap(await sessions.getSession(sessionId, { ...access, lists: { messages: {} } }));
      return { messages: found.lists.messages?.items ?? [], told: found.data.told };
    },
  };
}

export const tell = (word: string) => (state: Told) => ({ told: [...state.told, word] });

export function started<T>(begun: Begun<T>): Turn<T> {
  if (begun.status !== 'started') throw new Error(`the turn has not begun: ${begun.status}`);
  return begun.turn;
}

/** Resolves when the turn is asked to end, or lost. */
export async function aborted({ signal }: { readonly signal: AbortSignal }): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return signal.reason;
}
