import { assertJson, StateroomError } from '@stateroom/core';
import { type OrchestrationState, type SessionData, stateSchema, undescribedData } from '@stateroom/orchestration';
import type { z } from 'zod';

/** As an agent keeps it, of whatever kind it is. INVALID, with the path, for initial data that does not fit. */
export function agentData<D>({ schema, initial, view }: SessionData<D>): SessionData {
  const result = typeof initial === 'function' ? null : schema.safeParse(initial);
  if (result?.success === false) throw unfit('INVALID', 'agent data.initial', result.error);
  return { schema, initial, view: view && ((data, held) => view(dataAs(schema, data), held)) };
}

/** Data of a session as the kind that is asked for. INVALID_STATE, with the path, for another. */
export function dataAs<D>(schema: z.ZodType<D>, data: unknown): D {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw unfit('INVALID_STATE', 'state.data', result.error);
}

/** At once, while a tool can still say so: else it would be the turn that cannot be stored. */
export function refuseUnstorable(state: OrchestrationState, data: SessionData | null): void {
  const result = stateSchema(data ?? undescribedData()).safeEncode(state);
  if (!result.success) throw unfit('INVALID_STATE', 'state', result.error);
  assertJson(result.data, 'state');
}

function unfit(code: 'INVALID' | 'INVALID_STATE', root: string, { issues: [issue] }: z.ZodError): StateroomError {
  const at = [root, ...(issue?.path ?? [])].map(String).join('.');
  const path = at.replace(/^agent /, '');
  return new StateroomError(code, `${at}: ${issue?.message ?? 'is not as it should be'}`, { path });
}
