import {
  type Access,
  type Logger,
  SessionManager,
  type SessionResult,
  StateroomError,
  type StorageProvider,
  type TtlOptions,
  unwrap,
  unwrapOrNull,
} from '@stateroom/core';
import { type ClientView, OrchestrationState, toClientView, type ToolCall } from './orchestration-state.ts';
import { advanceSequence, afterTool, enterStep, initialOrchestrationState } from './rules.ts';
import { pipelineAttachment } from './pipeline/pipeline-parts.ts';
import type { TurnList } from './turn/turn-context.ts';
import { turnAttachment } from './turn/turn-parts.ts';
import type { Workflow } from './workflow.ts';

export type OrchestrationStateManagerOptions = {
  readonly storage: StorageProvider;
  /**
   * The steps of the agent whose sessions these are. Without one, steps are whatever `setActiveStep` says, and
   * every tool is offered.
   */
  readonly workflow?: Workflow | undefined;
  /** Binds the sessions to one agent: those of another answer as if they did not exist. */
  readonly agentId?: string | undefined;
  /** Idle for 30 minutes by default. */
  readonly ttl?: TtlOptions;
  readonly logger?: Logger;
};

/** Whose session it must be; without an owner it is not asked. */
export type OwnerAccess = Pick<Access, 'owner'>;

/**
 * Remembers where an agent is in each session. Each method is one atomic step: of parallel calls, in any number of
 * processes, none is lost. Null is a session that is not there; everything else that goes wrong is thrown as
 * StateroomError.
 */
export class OrchestrationStateManager {
  /** The sessions themselves, with all that turns and pipelines keep beside them: for a TurnManager, and a PipelineManager. */
  readonly sessions: SessionManager<OrchestrationState, TurnList>;
  readonly #workflow: Workflow | null;
  readonly #agentId: string | undefined;

  constructor({ storage, workflow, agentId, ttl, logger }: OrchestrationStateManagerOptions) {
    this.#workflow = workflow ?? null;
    this.#agentId = agentId;
    this.sessions = new SessionManager({
      storage,
      namespace: 'orchestration-state',
      schema: OrchestrationState,
      initialState: ({ sessionId }) => initialOrchestrationState(this.#workflow, sessionId),
      lists: ['messages', 'turns'],
      attachments: [turnAttachment, pipelineAttachment],
      ...(ttl && { ttl }),
      ...(logger && { logger }),
    });
  }

  async getState(sessionId: string, access: OwnerAccess = {}): Promise<OrchestrationState | null> {
    return stateOf(await this.sessions.getSession(sessionId, this.#bound(access)));
  }

  /** EXISTS, as an error, when the id is another owner's or agent's. */
  async getOrCreateState(sessionId: string, access: OwnerAccess = {}): Promise<OrchestrationState> {
    const options = { ...this.#bound(access), sessionId, ifExists: 'return' } as const;
    return unwrap(await this.sessions.createSession(options)).data;
  }

  /** Lays `updates` over the state. The session's id stays, and a step must be one of the workflow. */
  async updateState(
    sessionId: string,
    updates: Partial<Omit<OrchestrationState, 'sessionId'>>,
    access: OwnerAccess = {},
  ): Promise<OrchestrationState | null> {
    const { activeStep } = updates;
    if (activeStep === undefined)
      return this.#update(sessionId, access, (state) => ({ ...state, ...updates, sessionId }));
    this.#assertStep(activeStep);
    return this.#update(sessionId, access, (state) => ({ ...enterStep(state, activeStep), ...updates, sessionId }));
  }

  /** INVALID for a step that the workflow does not have. */
  async setActiveStep(
    sessionId: string,
    step: string | null,
    access: OwnerAccess = {},
  ): Promise<OrchestrationState | null> {
    this.#assertStep(step);
    return this.#update(sessionId, access, (state) => enterStep(state, step));
  }

  /** Records a tool call, a successful one when only its name is given, and moves the step as the workflow says. */
  async addUsedTool(
    sessionId: string,
    call: string | ToolCall,
    access: OwnerAccess = {},
  ): Promise<OrchestrationState | null> {
    const toolCall = typeof call === 'string' ? { tool: call, ok: true } : call;
    return this.#update(sessionId, access, (state) => afterTool(this.#workflow, state, toolCall));
  }

  async advanceSequence(sessionId: string, access: OwnerAccess = {}): Promise<OrchestrationState | null> {
    return this.#update(sessionId, access, (state) => advanceSequence(this.#workflow, state));
  }

  /** Back to the default step, with nothing used and nothing said. */
  async resetState(sessionId: string, access: OwnerAccess = {}): Promise<OrchestrationState | null> {
    return stateOf(await this.sessions.resetSession(sessionId, this.#bound(access)));
  }

  toClientView(state: OrchestrationState): ClientView {
    return toClientView(state);
  }

  async #update(
    sessionId: string,
    access: OwnerAccess,
    change: (state: OrchestrationState) => OrchestrationState,
  ): Promise<OrchestrationState | null> {
    return stateOf(await this.sessions.updateSession(sessionId, change, this.#bound(access)));
  }

  #bound(access: OwnerAccess): Access {
    return { ...access, agentId: this.#agentId };
  }

  #assertStep(step: string | null): void {
    const steps = this.#workflow?.steps.map(({ name }) => name) ?? [];
    if (step === null || this.#workflow === null || steps.includes(step)) return;
    const message = `the workflow has no step "${step}"; it has ${steps.join(', ')}`;
    throw new StateroomError('INVALID', message, { path: 'activeStep' });
  }
}

function stateOf(result: SessionResult<OrchestrationState, TurnList>): OrchestrationState | null {
  return unwrapOrNull(result)?.data ?? null;
}
