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
import { addEffect, advanceEffects, type Effect, removeEffect } from './effects.ts';
import { type ClientView, OrchestrationState, toClientView, type ToolCall } from './orchestration-state.ts';
import { advanceSequence, afterEvent, afterTool, enterStep, initialOrchestrationState } from './rules.ts';
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

/** The state after a turn, and the effects that went with it. */
export type AdvancedTurn = { readonly state: OrchestrationState; readonly expired: readonly Effect[] };

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

  /**
   * Lays `updates` over the state, which may make the conditions of a step true, unless they name one themselves. The
   * session's id stays, and a step must be one of the workflow.
   */
  async updateState(
    sessionId: string,
    updates: Partial<Omit<OrchestrationState, 'sessionId'>>,
    access: OwnerAccess = {},
  ): Promise<OrchestrationState | null> {
    const { activeStep } = updates;
    if (activeStep === undefined)
      return this.#update(sessionId, access, (state) => this.#changed(state, { ...state, ...updates, sessionId }));
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
    return this.#update(sessionId, access, (state) => this.#changed(state, advanceSequence(this.#workflow, state)));
  }

  /** From now on, for so many turns, in place of an effect of the same id. INVALID, with the path, for one that cannot be. */
  async addEffect(sessionId: string, effect: Effect, access: OwnerAccess = {}): Promise<OrchestrationState | null> {
    return this.#update(sessionId, access, (state) => this.#changed(state, addEffect(state, effect)));
  }

  /** Ends an effect before its time; one that is not there is no failure. */
  async removeEffect(
    sessionId: string,
    effectId: string,
    access: OwnerAccess = {},
  ): Promise<OrchestrationState | null> {
    return this.#update(sessionId, access, (state) => this.#changed(state, removeEffect(state, effectId)));
  }

  /**
   * Counts a turn that came to its end: each effect has one turn less, and those that had one left are gone, and told.
   * For whoever runs turns by hand: the chat route does the same in the turn's own commit.
   */
  async advanceTurn(sessionId: string, access: OwnerAccess = {}): Promise<AdvancedTurn | null> {
    let expired: readonly Effect[] = [];
    const state = await this.#update(sessionId, access, (before) => {
      ({ expired } = advanceEffects(before));
      return afterEvent(this.#workflow, { state: before }, { type: 'turn_ended' });
    });
    return state && { state, expired };
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

  #changed(before: OrchestrationState, state: OrchestrationState): OrchestrationState {
    return afterEvent(this.#workflow, { state: before }, { type: 'changed', to: { state } });
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
