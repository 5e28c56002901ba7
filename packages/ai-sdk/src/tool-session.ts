import { OrchestrationState, type Turn } from '@stateroom/orchestration';
import { StateroomError } from '@stateroom/core';

/** The session of the turn in which a tool is called, as `sessionOf` gives it to the tool. */
export class ToolSession {
  readonly #turn: Turn<OrchestrationState>;

  constructor(turn: Turn<OrchestrationState>) {
    this.#turn = turn;
  }

  /** With all that the turn has changed until now. */
  get state(): OrchestrationState {
    return this.#turn.state;
  }

  /**
   * Changes the state, from the next model step on, and for good with the turn's own commits. `change` is pure, and may
   * run again on a newer state. What it makes stays also when the tool fails afterwards. INVALID_STATE, with the path,
   * for a state that cannot be. When the turn is to end, or may not go on, it throws why, and changes nothing.
   */
  update(change: (state: OrchestrationState) => OrchestrationState): void {
    this.#turn.assertHeld();
    this.#turn.signal.throwIfAborted();
    const own = (state: OrchestrationState) => ({ ...change(state), sessionId: state.sessionId });
    refuseInvalid(own(this.#turn.state));
    this.#turn.update(own);
  }
}

/** Of the options that a tool's `execute` is given as its second argument. INVALID where no turn of an agent calls it. */
export function sessionOf(options: object): ToolSession {
  if ('session' in options && options.session instanceof ToolSession) return options.session;
  throw new StateroomError(
    'INVALID',
    'options.session is missing: the tool is not called by an agent of a chat route',
    {
      path: 'options.session',
    },
  );
}

/** At once, while the tool can still say so: else it would be the turn that cannot be stored. */
function refuseInvalid(state: OrchestrationState): void {
  const result = OrchestrationState.safeParse(state);
  if (result.success) return;
  const [issue] = result.error.issues;
  const path = ['state', ...(issue?.path ?? [])].map(String).join('.');
  throw new StateroomError('INVALID_STATE', `${path}: ${issue?.message ?? 'is no state'}`, { path });
}
