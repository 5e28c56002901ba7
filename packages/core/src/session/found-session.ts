import type { ClientView, SessionInfo, SessionList, SessionSuccess } from './result.ts';
import type { Envelope } from './stored/record.ts';
import type { StoredSession } from './stored/stored-session.ts';
import { expiresAt } from './ttl.ts';

/** The name under which `util.inspect`, and so `console.log`, asks an object how to show it. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom') as typeof inspect;

/** A session as it is given to callers. JSON shows what may leave the server; inspection shows no state either. */
export class FoundSession<T, ListName extends string, View> implements SessionSuccess<T, ListName, View> {
  readonly success = true;
  readonly sessionId: string;
  readonly owner: string | null;
  readonly agentId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly data: T;
  readonly version: string;
  readonly lists: { readonly [Name in ListName]?: SessionList };
  declare readonly created?: boolean;
  readonly #info: SessionInfo;
  readonly #clientView: ClientView<T, View> | undefined;

  constructor({ sessionId, session, data, created }: Found<T, ListName>, clientView?: ClientView<T, View>) {
    const { record, version, lists } = session;
    const info = infoOf(sessionId, record);
    this.sessionId = sessionId;
    this.owner = info.owner;
    this.agentId = info.agentId;
    this.createdAt = info.createdAt;
    this.updatedAt = info.updatedAt;
    this.expiresAt = info.expiresAt;
    this.metadata = info.metadata;
    this.data = data;
    this.version = version;
    this.lists = lists;
    if (created !== undefined) this.created = created;
    this.#info = info;
    this.#clientView = clientView;
  }

  get view(): View {
    // A manager without a clientView has the type undefined for it.
    return this.#clientView?.(this.data, this.#info) as View;
  }

  toJSON(): { readonly success: true; readonly sessionId: string; readonly view: View } {
    return { success: true, sessionId: this.sessionId, view: this.view };
  }

  [inspect](): unknown {
    return { success: true, sessionId: this.sessionId, version: this.version, metadata: this.metadata };
  }
}

type Found<T, ListName extends string> = {
  readonly sessionId: string;
  readonly session: StoredSession<ListName>;
  readonly data: T;
  readonly created?: boolean;
};

/** What a record tells of its session besides the state. */
export function infoOf(
  sessionId: string,
  { owner, agentId, createdAt, updatedAt, metadata, ttl }: Envelope,
): SessionInfo {
  return {
    sessionId,
    owner,
    agentId,
    createdAt,
    updatedAt,
    expiresAt: expiresAt({ createdAt, updatedAt, ttl }),
    metadata,
  };
}
