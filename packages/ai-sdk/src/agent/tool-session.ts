import { refuseUnless, StateroomError } from '@stateroom/core';
import type { OrchestrationState } from '@stateroom/orchestration';
import { z } from 'zod';
import { dataAs } from './agent-data.ts';
import type { TurnProgress } from '../run/turn-progress.ts';

/** The session of the turn in which a tool is called, as `sessionOf` gives it to the tool. */
export class ToolSession<D = unknown> {
  readonly #progress: TurnProgress;
  readonly #schema: z.ZodType<D>;
  readonly #toolCallId: string;

  constructor(progress: TurnProgress, { schema, toolCallId }: { schema: z.ZodType<D>; toolCallId: string }) {
    this.#progress = progress;
    this.#schema = schema;
    this.#toolCallId = toolCallId;
  }

  /** Whose session it is: what a tool keeps elsewhere, it keeps for them. INVALID where it is nobody's. */
  get owner(): string {
    const { owner } = this.#progress.turn;
    if (owner !== null) return owner;
    throw new StateroomError('INVALID', 'the session has no owner', { path: 'session.owner' });
  }

  /** The same however often this very call is carried out, and no other call's: by it a tool acts once. */
  get idempotencyKey(): string {
    const { sessionId, id } = this.#progress.turn;
    return JSON.stringify([sessionId, id, this.#toolCallId]);
  }

  /** With all that the turn has changed until now. */
  get state(): OrchestrationState {
    return this.#progress.turn.state;
  }

  /** The application's own data, with all that the turn has changed until now. INVALID for an agent that has none. */
  get data(): D {
    return this.#dataIn(this.state);
  }

  /**
   * Changes the state, from the next model step on, and for good with the turn's own commits. `change` is pure, and may
   * run again on a newer state. What it makes stays also when the tool fails afterwards. INVALID_STATE, with the path,
   * for a state that cannot be. When the turn is to end, or may not go on, it throws why, and changes nothing.
   */
  update(change: (state: OrchestrationState) => OrchestrationState): void {
    this.#progress.turn.assertHeld();
    this.#progress.turn.signal.throwIfAborted();
    this.#progress.change(change);
  }

  /**
   * Makes other data of the data, as `update` does with the state. What `change` makes of newer data has to fit the
   * agent's schema as well: else the turn cannot be stored.
   */
  updateData(change: (data: D) => NoInfer<D>): void {
    this.update((state) => ({ ...state, data: change(this.#dataIn(state)) }));
  }

  /** The same, with data of this kind. */
  as<E>(schema: z.ZodType<E>): ToolSession<E> {
    return new ToolSession(this.#progress, { schema, toolCallId: this.#toolCallId });
  }

  #dataIn({ data }: OrchestrationState): D {
    refuseUnless(this.#progress.hasData, 'agent.data', 'is missing; say `data: { schema, initial }` in defineAgent');
    return dataAs(this.#schema, data);
  }
}

/**
 * Of the options that a tool's `execute` is given as its second argument, or a rule of `toolApproval`: with data of the
 * kind of a schema, the agent's own, if it is given. INVALID where no turn of an agent calls the tool.
 */
export function sessionOf(options: object): ToolSession;
export function sessionOf<D>(options: object, schema: z.ZodType<D>): ToolSession<D>;
export function sessionOf(options: object, schema: z.ZodType = z.unknown()): ToolSession {
  if ('session' in options && options.session instanceof ToolSession) return options.session.as(schema);
  throw new StateroomError(
    'INVALID',
    'options.session is missing: the tool is not called by an agent of a chat route',
    {
      path: 'options.session',
    },
  );
}
