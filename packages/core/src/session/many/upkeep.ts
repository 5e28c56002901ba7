import { isStateroomError } from '../../errors.ts';
import type { FailedSession, SaveReport, SessionStats, StatsOptions, SweepOptions, SweepReport } from '../options.ts';
import type { SessionSuccess } from '../result.ts';
import { inTurns, type Shared } from '../shared.ts';

/** What operators do with all sessions of a namespace, by way of a scan. One session that fails stops no other. */
export class Upkeep<T, ListName extends string, View> {
  readonly #shared: Shared<T, ListName, View>;
  readonly #graceMs: number;

  constructor(shared: Shared<T, ListName, View>, graceMs: number) {
    this.#shared = shared;
    this.#graceMs = graceMs;
  }

  async stats<Summary>({ summary }: StatsOptions<T, Summary>): Promise<SessionStats<Summary>> {
    const summaries: { readonly sessionId: string; readonly summary: Summary }[] = [];
    let sessions = 0;
    let bytes = 0;
    const failed = await this.#each(async (session, size) => {
      sessions += 1;
      bytes += size;
      const { sessionId, data } = session;
      if (summary !== undefined) summaries.push({ sessionId, summary: summary(data, session) });
    });
    return { sessions, bytes, summaries, failed };
  }

  async saveAll(target: (session: SessionSuccess<T, ListName, View>) => void | Promise<void>): Promise<SaveReport> {
    let saved = 0;
    const failed = await this.#each(async (session) => {
      await target(session);
      saved += 1;
    });
    return { saved, failed };
  }

  async sweep({ onExpire = () => {} }: SweepOptions<T, ListName, View>): Promise<SweepReport> {
    const { store, found, onGone } = this.#shared;
    let expired = 0;
    const failed = await inTurns(store.scan(), async ({ sessionId, ttlMs }) => {
      if (ttlMs === null || ttlMs > this.#graceMs) return;
      const session = await store.loadExpired(sessionId);
      if (session === null) return;
      await onExpire(await found(sessionId, session));
      const { committed } = await store.remove(sessionId, session);
      if (!committed) return;
      expired += 1;
      onGone(sessionId);
    });
    return { expired, failed };
  }

  /** Live sessions alone, with all of their lists; what has gone since the scan is passed over. */
  async #each(
    task: (session: SessionSuccess<T, ListName, View>, bytes: number) => Promise<void>,
  ): Promise<readonly FailedSession[]> {
    const { store, found } = this.#shared;
    return inTurns(store.scan(), async ({ sessionId }) => {
      const session = await store.load(sessionId, {}, store.allLists()).catch((error: unknown) => {
        if (isStateroomError(error) && error.code === 'NOT_FOUND') return null;
        throw error;
      });
      if (session === null) return;
      await task(await found(sessionId, session), utf8.encode(JSON.stringify(session.record)).length);
    });
  }
}

const utf8 = new TextEncoder();
