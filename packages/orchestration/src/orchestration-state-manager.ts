import {
  type Access,
  type Logger,
  refuseUnless,
  SessionManager,
  type SessionResult,
  StateroomError,
  type StorageProvider,
  type TtlOptions,
  unwrap,
  unwrapOrNull,
} from '@stateroom/core';
import { addEffect, advanceEffects, type Effect, removeEffect } from './effects.ts';
import { type ClientView, type OrchestrationState, toClientView, type ToolCall } from './orchestration-state.ts';
import { advanceSequence, afterChange, afterEvent, afterTool, enterStep, initialOrchestrationState } from './rules.ts';
import { initialData, type SessionData, undescribedData } from './session-data.ts';
import { stateSchema, type StateWithData } from './state-schema.ts';
import { pipelineAttachment } from './pipeline/pipeline-parts.ts';
import type { TurnList } from './turn/turn-context.ts';
import { turnAttachment } from './turn/turn-parts.ts';
import { situationOf } from './workflow/situation.ts';
import type { Workflow } from './workflow.ts';

export type OrchestrationStateManagerOptions<D = unknown> = {
  readonly storage: StorageProvider;
  /**
   * The steps of the agent whose sessions these are. Without one, steps are whatever `setActiveStep` says, and
   * every tool is offered.
   */
  readonly workflow?: Workflow | undefined;
  /** The application's own data of each session, in the same record; none by default. */
  readonly data?: SessionData<D> | undefined;
  /** Binds the sessions to one agent: those of another answer as if they did not exist. */
  readonly agentId?: string | undefined;
  /** Idle for 30 minutes by default. */
  readonly ttl?: TtlOptions;
  readonly logger?: Logger;
};

/** Whose session it must be; without an owner it is not asked. */
export type OwnerAccess = Pick<Access, 'owner'>;

/** The state after a turn, and the effects that went with it. */
export type AdvancedTurn<D = unknown> = { readonly state: StateWithData<D>; readonly expired: readonly Effect[] };

/**
 * Remembers where an agent is in each session. Each method is one atomic step: of parallel calls, in any number of
 * processes, none is lost. Null is a session that is not there; everything else that goes wrong is thrown as
 * StateroomError.
 */
export class OrchestrationStateManager<D = unknown> {
  /** The sessions themselves, with all that turns and pipelines keep beside them: for a TurnManager, and a PipelineManager. */
  readonly sessions: SessionManager<StateWithData<D>, TurnList>;
  readonly #workflow: Workflow | null;
  readonly #data: SessionData<D> | null;
  readonly #agentId: string | undefined;

  constructor({ storage, workflow, data, agentId, ttl, logger }: OrchestrationStateManagerOptions<D>) {
    this.#workflow = workflow ?? null;
    this.#data = data ?? null;
    const described = data ?? undescribedData<D>();
    this.#agentId = agentId;
    this.sessions = new SessionManager({
      storage,
      namespace: 'orchestration-state',
      schema: stateSchema(described),
      initialState: ({ sessionId }) => ({
        ...initialOrchestrationState(this.#workflow, sessionId),
        data: initialData(described, sessionId),
      }),
      lists: ['messages', 'turns'],
      attachments: [turnAttachment, pipelineAttachment],
      ...(ttl && { ttl }),
      ...(logger && { logger }),
    });
  }

  async getState(sessionId: string, access: OwnerAccess = {}): Promise<StateWithData<D> | null> {
    return stateOf(await this.sessions.getSession(sessionId, this.#bound(access)));
  }

  /** EXISTS, as an error, when the id is another owner's or agent's. */
  async getOrCreateState(sessionId: string, access: OwnerAccess = {}): Promise<StateWithData<D>> {
    const options = { ...this.#bound(access), sessionId, ifExists: 'return' } as const;
    return unwrap(await this.sessions.createSession(options)).data;
  }

  /**
   * Lays `updates` over the state, which may make the conditions of a step true, unless they name one themselves. The
   * session's id stays, and a step must be one of the workflow.
   */
  async updateState(
    sessionId: string,
    updates: Partial<Omit<OrchestrationState, 'sessionId' | 'data'>>,
    access: OwnerAccess = {},
  ): Promise<StateWithData<D> | null> {
    const { activeStep } = updates;
    if (activeStep === undefined)
      return this.#update(sessionId, access, (state) =>
        afterChange(this.#workflow, state, { ...state, ...updates, sessionId }),
      );
    this.#assertStep(activeStep);
    return this.#update(sessionId, access, (state) => ({ ...enterStep(state, activeStep), ...updates, sessionId }));
  }

  /**
   * Makes other data of the application's data, which may make the conditions of a step true. `change` is pure, and may
   * run again on newer data. INVALID_STATE, with the path, for data that does not fit its schema; INVALID where the
   * manager was given no `data`.
   */
  async updateData(
    sessionId: string,
    change: (data: D) => NoInfer<D>,
    access: OwnerAccess = {},
  ): Promise<StateWithData<D> | null> {
    refuseUnless(this.#data !== null, 'data', 'is not described; give the manager the `data` of the agent');
    return this.#update(sessionId, access, (state) =>
      afterChange(this.#workflow, state, { ...state, data: change(state.data) }),
    );
  }

  /** INVALID for a step that the workflow does not have. */
  async setActiveStep(
    sessionId: string,
    step: string | null,
    access: OwnerAccess = {},
  ): Promise<StateWithData<D> | null> {
    this.#assertStep(step);
    return this.#update(sessionId, access, (state) => enterStep(state, step));
  }

  /** Records a tool call, a successful one when only its name is given, and moves the step as the workflow says. */
  async addUsedTool(
    sessionId: string,
    call: string | ToolCall,
    access: OwnerAccess = {},
  ): Promise<StateWithData<D> | null> {
    const toolCall = typeof call === 'string' ? { tool: call, ok: true } : call;
    return this.#update(sessionId, access, (state) => afterTool(this.#workflow, state, toolCall));
  }

  async advanceSequence(sessionId: string, access: OwnerAccess = {}): Promise<StateWithData<D> | null> {
    return this.#update(sessionId, access, (state) =>
      afterChange(this.#workflow, state, advanceSequence(this.#workflow, state)),
    );
  }

  /** From now on, for so many turns, in place of an effect of the same id. INVALID, with the path, for one that cannot be. */
  async addEffect(sessionId: string, effect: Effect, access: OwnerAccess = {}): Promise<StateWithData<D> | null> {
    return this.#update(sessionId, access, (state) => afterChange(this.#workflow, state, addEffect(state, effect)));
  }

  /** Ends an effect before its time; one that is not there is no failure. */
  async removeEffect(sessionId: string, effectId: string, access: OwnerAccess = {}): Promise<StateWithData<D> | null> {
    return this.#update(sessionId, access, (state) =>
      afterChange(this.#workflow, state, removeEffect(state, effectId)),
    );
  }

  /**
   * Counts a turn that came to its end: each effect has one turn less, and those that had one left are gone, and told.
   * For whoever runs turns by hand: the chat route does the same in the turn's own commit.
   */
  async advanceTurn(sessionId: string, access: OwnerAccess = {}): Promise<AdvancedTurn<D> | null> {
    let expired: readonly Effect[] = [];
    const state = await this.#update(sessionId, access, (before) => {
      ({ expired } = advanceEffects(before));
      return afterEvent(this.#workflow, situationOf(before), { type: 'turn_ended' });
    });
    return state && { state, expired };
  }

  /** Back to the default step, with nothing used and nothing said. */
  async resetState(sessionId: string, access: OwnerAccess = {}): Promise<StateWithData<D> | null> {
    return stateOf(await this.sessions.resetSession(sessionId, this.#bound(access)));
  }

  toClientView(state: StateWithData<D>): ClientView {
    return toClientView(state, this.#data);
  }

  async #update(
    sessionId: string,
    access: OwnerAccess,
    change: (state: StateWithData<D>) => StateWithData<D>,
  ): Promise<StateWithData<D> | null> {
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

function stateOf<S>(result: SessionResult<S, TurnList>): S | null {
  return unwrapOrNull(result)?.data ?? null;
}
