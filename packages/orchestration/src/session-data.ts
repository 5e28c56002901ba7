import { type JsonValue, StateroomError, toJson } from '@stateroom/core';
import { z } from 'zod';
import type { WithEffects } from './effects.ts';

/** An application's own data of each session: kept in the session's record, beside where its agent is. */
export type SessionData<D = unknown> = {
  /** It is asked at each read and write, and takes what it gives: no transforms. Its data is JSON, and best an object. */
  readonly schema: z.ZodType<D>;
  /** Of a new session, and of one that was stored before there was data. A function of the session's id is pure. */
  readonly initial: NoInfer<D> | ((sessionId: string) => NoInfer<D>);
  /**
   * What of it the session's owner may see, and what follows from it and the effects that hold: nothing, by default. At
   * most 16,384 characters of JSON.
   */
  readonly view?: ((data: D, held: WithEffects) => JsonValue) | undefined;
};

const maxViewCharacters = 16_384;

/** Where nobody has described any there is none, what is stored of it stays, and its kind is not known. */
export function undescribedData<D>(): SessionData<D> {
  const schema = z.custom<D>();
  return { schema, initial: () => schema.parse(null) };
}

export function initialData<D>({ initial }: SessionData<D>, sessionId: string): D {
  return isFunction(initial) ? initial(sessionId) : initial;
}

/** What a client view has of data. INVALID_STATE where JSON cannot keep it, LIMIT for too much; else what `view` throws. */
export function viewOfData<D>(
  { view }: SessionData<D>,
  { data, effects }: WithEffects & { readonly data: D },
): { readonly data?: unknown } {
  if (view === undefined) return {};
  const text = toJson(view(data, { effects }), 'data.view');
  if (text.length <= maxViewCharacters) return { data: JSON.parse(text) };
  const message = `the view of data is ${text.length} characters of JSON, and may be ${maxViewCharacters}; show less`;
  throw new StateroomError('LIMIT', message, { path: 'data.view' });
}

/** Data is JSON, and so never a function itself. */
function isFunction<D>(initial: SessionData<D>['initial']): initial is (sessionId: string) => NoInfer<D> {
  return typeof initial === 'function';
}
