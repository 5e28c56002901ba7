import { inspect } from 'node:util';
import { SessionManager, type SessionSuccess, type StorageProvider, type TtlOptions, unwrap } from '@stateroom/core';
import {
  pipelineAttachment,
  PipelineManager,
  type PipelineManagerOptions,
  type PipelineOutcome,
  type PipelineView,
  type PipelineRunOptions,
  type StepResult,
} from '@stateroom/orchestration';
import {
  deriveContext,
  type Login,
  type PipelineContext,
  validateSecret,
} from '../server-sessions/pipeline-context.ts';
import { serverOnly } from '../server-sessions/server-only.ts';
import { loginPipeline, UpstreamState, type UpstreamStep } from './login-pipeline.ts';

export type UserSessionsOptions = Pick<PipelineManagerOptions<UpstreamState>, 'leaseMs' | 'logger'> & {
  readonly storage: StorageProvider;
  /** What contexts are derived from: 32 bytes or more that nobody knows. */
  readonly secret: string;
  readonly upstreamBase: string;
  readonly ttl?: TtlOptions;
};

/** All that a client gets of a login. */
export type LoginReply = {
  readonly sessionId: string | null;
  readonly ok: boolean;
  readonly error: string | null;
  readonly createdAt: number | null;
};

/** The one pipeline of a session: whatever steps it runs, they go one after the other, and hand on their last result. */
const name = 'upstream';

/** Sessions of users at an upstream. Use keeps one alive for 30 minutes, up to twelve hours. */
export class UserSessions {
  readonly #sessions: SessionManager<UpstreamState>;
  readonly #pipelines: PipelineManager<UpstreamState>;

  constructor({ storage, secret, upstreamBase, ttl, ...options }: UserSessionsOptions) {
    validateSecret(secret);
    this.#sessions = new SessionManager({
      storage,
      namespace: 'upstream-sessions',
      schema: UpstreamState,
      initialState: async ({ input }) => {
        // Given by createSession below; what is no login makes a state that the schema refuses.
        const context = await deriveContext(secret, input as Login);
        return { context: { ...context, upstreamBase } };
      },
      ttl: { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000, ...ttl },
      attachments: [pipelineAttachment],
    });
    this.#pipelines = new PipelineManager({ sessions: this.#sessions, ...options });
  }

  /** `meta` is kept beside the state, as it is. */
  async createSession(login: Login, meta: Readonly<Record<string, unknown>> = {}): Promise<UserSession> {
    return this.#handle(unwrap(await this.#sessions.createSession({ input: login, metadata: meta })));
  }

  /** NOT_FOUND when there is none. */
  async getSession(sessionId: string): Promise<UserSession> {
    return this.#handle(unwrap(await this.#sessions.getSession(sessionId)));
  }

  async deleteSession(sessionId: string): Promise<void> {
    unwrap(await this.#sessions.deleteSession(sessionId));
  }

  /** A session whose login was carried out to its last step; one that was not is deleted, and its code told. */
  async logIn(login: Login, signal?: AbortSignal): Promise<LoginReply> {
    const session = await this.createSession(login, {});
    const { status, results } = await session.run(loginPipeline, { ...(signal && { signal }) });
    if (status === 'ok') return { sessionId: session.id, ok: true, error: null, createdAt: session.createdAt };
    await this.deleteSession(session.id);
    const fault = results.find((result) => result.status !== 'ok');
    return { sessionId: null, ok: false, error: fault?.code ?? 'LOGIN_FAILED', createdAt: null };
  }

  #handle(found: SessionSuccess<UpstreamState>): UserSession {
    return new UserSession(found, { sessions: this.#sessions, pipelines: this.#pipelines });
  }
}

type Managers = {
  readonly sessions: SessionManager<UpstreamState>;
  readonly pipelines: PipelineManager<UpstreamState>;
};

/**
 * A user's session, for server code. It holds nothing but its name: each call asks for what is stored, so that one which
 * was deleted is NOT_FOUND to whoever still holds it. JSON and logs show the id alone.
 */
export class UserSession {
  readonly id: string;
  readonly createdAt: number;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly #managers: Managers;

  constructor({ sessionId, createdAt, metadata }: SessionSuccess<UpstreamState>, managers: Managers) {
    this.id = sessionId;
    this.createdAt = createdAt;
    this.meta = metadata;
    this.#managers = managers;
  }

  async getContext(): Promise<PipelineContext> {
    return serverOnly(unwrap(await this.#managers.sessions.getSession(this.id)).data.context);
  }

  /** What the next step works with. */
  async setContext(change: (context: PipelineContext) => PipelineContext): Promise<void> {
    unwrap(await this.#managers.sessions.updateSession(this.id, ({ context }) => ({ context: change(context) })));
  }

  /** The last run, and how far it has come. */
  async getPipeline(): Promise<PipelineView> {
    return this.#managers.pipelines.get(this.id, { name });
  }

  /** The results in order, up to the first that has failed. The first step gets the last result of the run before. */
  async runPipeline(steps: readonly UpstreamStep[]): Promise<readonly StepResult[]> {
    return (await this.run(steps)).results;
  }

  /** As `runPipeline`, under an id by which another process can go on with it. */
  async run(
    steps: readonly UpstreamStep[],
    options: Pick<PipelineRunOptions<UpstreamState>, 'runId' | 'timeoutMs' | 'signal'> = {},
  ): Promise<PipelineOutcome> {
    return this.#managers.pipelines.run(this.id, { name, chain: true, steps, ...options });
  }

  /** Of the last step that was carried out. */
  async getLastStep(): Promise<StepResult | null> {
    return (await this.getPipeline()).last;
  }

  /** Null clears it. */
  async setLastStep(last: StepResult | null): Promise<void> {
    await this.#managers.pipelines.setLast(this.id, { name, last });
  }

  toJSON(): { readonly id: string } {
    return { id: this.id };
  }

  [inspect.custom](): { readonly id: string } {
    return this.toJSON();
  }
}
