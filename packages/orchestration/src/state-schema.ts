import { z } from 'zod';
import { OrchestrationState } from './orchestration-state.ts';
import { initialData, type SessionData } from './session-data.ts';

/** Where an agent is in a session, with the application's own data of the session. */
export type StateWithData<D> = OrchestrationState & { readonly data: D };

type Payload = Pick<z.core.ParsePayload, 'issues'>;

/** Of a session with such data. One that was stored without has the initial data; what is to be stored has its own. */
export function stateSchema<D>(data: SessionData<D>): z.ZodType<StateWithData<D>> {
  const judged = (state: OrchestrationState, { issues }: Payload): StateWithData<D> => {
    const result = data.schema.safeParse(state.data);
    if (result.success) return { ...state, data: result.data };
    for (const { message, path } of result.error.issues)
      issues.push({ code: 'custom', message, path: ['data', ...path], input: state.data });
    return z.NEVER;
  };
  const decode = (state: OrchestrationState, payload: Payload): StateWithData<D> => {
    const isMissing = state.data === null && !data.schema.safeParse(null).success;
    return judged(isMissing ? { ...state, data: initialData(data, state.sessionId) } : state, payload);
  };
  return z.codec(OrchestrationState, z.custom<StateWithData<D>>(), { decode, encode: judged });
}
