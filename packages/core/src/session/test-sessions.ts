import { z } from 'zod';
import type { StorageProvider } from '../storage/provider.ts';
import { override } from '../storage/override.ts';
import type { SessionManagerOptions } from './options.ts';
import { SessionManager } from './session-manager.ts';

export const State = z.object({ count: z.number(), note: z.string().optional() });
export type State = z.infer<typeof State>;
type Options = Partial<SessionManagerOptions<State, 'log'>>;

/** A manager of sessions that count. */
export function manage(storage: StorageProvider, options: Options = {}): SessionManager<State, 'log'> {
  return new SessionManager({ storage, schema: State, initialState: () => ({ count: 0 }), lists: ['log'], ...options });
}

export const increment = (state: State) => ({ ...state, count: state.count + 1 });

/** Keeps count of the round trips, and of what the provider was asked to change. */
export function counted(storage: StorageProvider) {
  const trips = { reads: 0, commits: 0 };
  const counting = override(storage, {
    read: (reads) => {
      trips.reads += 1;
      return storage.read(reads);
    },
    commit: (transaction) => {
      trips.commits += 1;
      return storage.commit(transaction);
    },
  });
  return { trips, counting };
}
