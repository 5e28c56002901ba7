import { refuseUnless, StateroomError } from '@stateroom/core';
import type { OrchestrationState } from '@stateroom/orchestration';
import { z } from 'zod';
import { dataAs } from './agent-data.ts';
import type { TurnProgress } from './turn-progress.ts';

/** The session of the turn in which a tool is called, as `sessionOf` gives it to the tool. */
export class ToolSession<D = unknown> {
  readonly #progress: TurnProgress;
  readonly #schema: z.ZodType<D>;

  constructor(progress: TurnProgress, schema: z.ZodType<D>) {
    this.#progress = progress;
    this.#schema = schema;
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
    return new ToolSession(this.#progress, schema);
  }

  #dataIn({ data }: OrchestrationState): D {
    refuseUnless(this.#progress.hasData, 'agent.data', 'is missing; say `data: { schema, initial }` in defineAgent');
    return dataAs(this.#schema, data);
  }
}

/**
 * Of the options that a tool's `execute` is given as its second argument: with data of the kind of a schema, the
 * agent's own, if it is given. INVALID where no turn of an agent calls the tool.
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
