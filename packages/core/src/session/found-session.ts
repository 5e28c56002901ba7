import type { ClientView, SessionInfo, SessionList, SessionSuccess } from './result.ts';
import type { StoredSession } from './stored/stored-session.ts';

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
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly data: T;
  readonly version: string;
  readonly lists: { readonly [Name in ListName]?: SessionList };
  declare readonly created?: boolean;
  readonly #clientView: ClientView<T, View> | undefined;

  constructor({ sessionId, session, data, created }: Found<T, ListName>, clientView?: ClientView<T, View>) {
    const { record, version, lists } = session;
    this.sessionId = sessionId;
    this.owner = record.owner;
    this.agentId = record.agentId;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
    this.metadata = record.metadata;
    this.data = data;
    this.version = version;
    this.lists = lists;
    if (created !== undefined) this.created = created;
    this.#clientView = clientView;
  }

  get view(): View {
    // A manager without a clientView has the type undefined for it.
    return this.#clientView?.(this.data, infoOf(this)) as View;
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

function infoOf({ sessionId, owner, agentId, createdAt, updatedAt, metadata }: SessionInfo): SessionInfo {
  return { sessionId, owner, agentId, createdAt, updatedAt, metadata };
}
