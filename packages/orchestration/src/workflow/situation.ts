import type { OrchestrationState } from '../orchestration-state.ts';

/** What conditions look at: where an agent is in a session, and the application's own data of it, where there is any. */
export type Situation<S extends OrchestrationState = OrchestrationState> = {
  readonly state: S;
  readonly data?: unknown;
};

/** The situation of a session, with the data in its state. */
export function situationOf<S extends OrchestrationState>(state: S): Situation<S> {
  return { state, data: state.data };
}

/**
 * A condition in code. It is pure: the same situation always gives the same answer. A step with a condition whose
 * predicate throws, or answers with anything but true, is not entered.
 */
export type Predicate = (situation: Situation) => boolean;

/** By the names that conditions of the type `custom` use. */
export type Predicates = Readonly<Record<string, Predicate>>;
