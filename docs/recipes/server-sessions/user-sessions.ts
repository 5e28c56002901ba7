import {
  SessionManager,
  type SessionManagerOptions,
  type SessionSuccess,
  type SweepOptions,
  type SweepReport,
  unwrap,
  unwrapOrNull,
} from '@stateroom/core';
import { z } from 'zod';
import { deriveContext, type Login, PipelineContext, validateSecret } from './pipeline-context.ts';
import { serverOnly } from './server-only.ts';

/** What the last step of a pipeline has left for the next run. */
export const LastStep = z
  .strictObject({
    name: z.string(),
    endpoint: z.string(),
    requestBase64: z.string(),
    responseBase64: z.string(),
    decoded: z.unknown(),
  })
  .partial();
export type LastStep = z.infer<typeof LastStep>;

export const UserState = z.strictObject({ context: PipelineContext, lastStep: LastStep.nullable() });
export type UserState = z.infer<typeof UserState>;

/** All of a session that ever leaves the server. */
export type ClientView = { readonly sessionId: string; readonly createdAt: number };

/** `data` and `metadata` are for the server, `view` is for the client. `JSON.stringify` shows the view and the id alone. */
export type UserSession = SessionSuccess<UserState, never, ClientView>;

export type UserSessionsOptions = Pick<
  SessionManagerOptions<UserState, never, ClientView>,
  'storage' | 'ttl' | 'maxSessions' | 'clock' | 'logger'
> & {
  /** What contexts are derived from: 32 bytes or more that nobody knows. Another secret derives other contexts. */
  readonly secret: string;
};

const minuteMs = 60_000;

/**
 * Server-only sessions of logged-in users: they end 30 minutes after they were made, however much they are used, unless
 * `ttl` says otherwise, and can then be had by `sweep` for ten minutes more.
 *
 * One way to say no: what asks (`get…`) answers null where there is no such session, what changes (`create…`, `set…`)
 * throws NOT_FOUND, and `delete` is content either way. Missing and expired are not told apart. All else that can go
 * wrong, as a storage that is down, is thrown by each of them as a StateroomError, and never looks like absence.
 */
export class UserSessions {
  readonly #sessions: SessionManager<UserState, never, ClientView>;

  /** INVALID for a short secret, and for options that cannot be. */
  constructor({ secret, ttl, ...options }: UserSessionsOptions) {
    validateSecret(secret);
    this.#sessions = new SessionManager({
      ...options,
      namespace: 'user-sessions',
      schema: UserState,
      initialState: async ({ input }) => {
        // Given by createSession below; what is no login makes a state that the schema refuses.
        const context = await deriveContext(secret, input as Login);
        return { context, lastStep: null };
      },
      ttl: { idleMs: null, absoluteMs: 30 * minuteMs, graceMs: 10 * minuteMs, ...ttl },
      clientView: (_state, { sessionId, createdAt }): ClientView => ({ sessionId, createdAt }),
    });
  }

  /** `meta` is kept beside the state as it is. INVALID_STATE, with the path, for what is no login or not plain data. */
  async createSession(
    accountId: string,
    ticket: string,
    meta: Readonly<Record<string, unknown>> = {},
  ): Promise<UserSession> {
    const input: Login = { accountId, ticket };
    return unwrap(await this.#sessions.createSession({ input, metadata: meta }));
  }

  async getSession(sessionId: string): Promise<UserSession | null> {
    return unwrapOrNull(await this.#sessions.getSession(sessionId));
  }

  /** Puts another context in place of the whole one. A function gets the newest, and may be called again if another was faster. */
  async setContext(
    sessionId: string,
    next: PipelineContext | ((context: PipelineContext) => PipelineContext),
  ): Promise<void> {
    unwrap(
      await this.#sessions.updateSession(sessionId, (state) => ({
        ...state,
        context: typeof next === 'function' ? next(state.context) : next,
      })),
    );
  }

  /** For server code: what is made of it by JSON or a log shows nothing of it. */
  async getContext(sessionId: string): Promise<PipelineContext | null> {
    const session = await this.getSession(sessionId);
    return session && serverOnly(session.data.context);
  }

  /** Null clears it. */
  async setLastStep(sessionId: string, lastStep: LastStep | null): Promise<void> {
    unwrap(await this.#sessions.updateSession(sessionId, (state) => ({ ...state, lastStep })));
  }

  /** Null too where no step was left. As `getContext`, for server code. */
  async getLastStep(sessionId: string): Promise<LastStep | null> {
    const lastStep = (await this.getSession(sessionId))?.data.lastStep ?? null;
    return lastStep && serverOnly(lastStep);
  }

  async delete(sessionId: string): Promise<void> {
    unwrap(await this.#sessions.deleteSession(sessionId));
  }

  /** Deletes what has expired; `onExpire` gets each session before it goes. */
  async sweep(options: SweepOptions<UserState, never, ClientView> = {}): Promise<SweepReport> {
    return this.#sessions.sweep(options);
  }

  /** Sweeps in the background, until `close`. Keeps no process from ending. */
  sweepEvery(everyMs: number, options: SweepOptions<UserState, never, ClientView> = {}): () => void {
    return this.#sessions.sweepEvery(everyMs, options);
  }

  /** Ends the sweeps. The storage is whoever's made it. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }
}
