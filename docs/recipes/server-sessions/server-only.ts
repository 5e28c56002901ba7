import { inspect } from 'node:util';

/** A copy for server code alone: JSON and logs show nothing of it. What is spread from it is plain data again. */
export function serverOnly<T extends object>(value: T): T {
  const shown = { value: () => '[server only]' };
  return Object.defineProperties({ ...value }, { toJSON: shown, [inspect.custom]: shown });
}
