import type { KeySpace } from '../storage/keys.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { thrownBy } from './callers-own.ts';
import type { VersionSource } from './id.ts';
import type { FailedSession } from './options.ts';
import type { SessionSuccess } from './result.ts';
import type { SessionStore } from './stored/session-store.ts';
import type { StoredSession } from './stored/stored-session.ts';

/** What the parts of one manager share. */
export type Shared<T, ListName extends string, View> = {
  readonly storage: StorageProvider;
  readonly keySpace: KeySpace<ListName>;
  readonly store: SessionStore<ListName>;
  readonly versions: VersionSource;
  readonly clock: () => number;
  /** The session as callers get it: decoded, and their own. */
  readonly found: (
    sessionId: string,
    session: StoredSession<ListName>,
    created?: boolean,
  ) => Promise<SessionSuccess<T, ListName, View>>;
  /** To be called before a session is made for an owner, so that it is found among theirs. */
  readonly announce: (owner: string, sessionId: string) => Promise<void>;
  /** To be called when a session has gone by what is done to many. */
  readonly onGone: (sessionId: string) => void;
};

const sessionsAtOnce = 16;

/** Does `task` for each, some at a time. One that fails is reported, and stops no other. */
export async function inTurns<S extends { readonly sessionId: string }>(
  sessions: AsyncIterable<S> | Iterable<S>,
  task: (session: S) => Promise<void>,
): Promise<readonly FailedSession[]> {
  const failed: FailedSession[] = [];
  const running = new Set<Promise<unknown>>();
  for await (const session of sessions) {
    const { sessionId } = session;
    const run = task(session)
      .catch((error: unknown) => failed.push({ sessionId, error: thrownBy(error) }))
      .finally(() => running.delete(run));
    running.add(run);
    if (running.size >= sessionsAtOnce) await Promise.race(running);
  }
  await Promise.all(running);
  return failed;
}
