import { StateroomError } from './errors.ts';

/** What survives a trip through JSON as it is. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

const deepest = 200;

/**
 * JSON text of a value, or INVALID_STATE with the path of the first thing that JSON would change or lose: a Date, Map,
 * Set, bigint, NaN, Infinity, function, symbol, class instance, cycle, or undefined in an array. An undefined property
 * is left out, as everywhere in JSON; -0 becomes 0.
 */
export function toJson(value: unknown, path = '$'): string {
  assertJson(value, path);
  return JSON.stringify(value);
}

/** The check of `toJson` alone. */
export function assertJson(value: unknown, path: string): asserts value is JsonValue {
  refuseLossy(value, path, []);
}

function refuseLossy(value: unknown, path: string, parents: readonly object[]): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw lossy(path, `is ${value}`);
    return;
  }
  if (typeof value !== 'object') throw lossy(path, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`);
  if (parents.includes(value)) throw lossy(path, 'is a cycle');
  if (parents.length === deepest) throw lossy(path, `is nested deeper than ${deepest} levels`);
  const own = [...parents, value];
  if (Array.isArray(value)) {
    // Array.from, unlike forEach, sees the holes of a sparse array.
    Array.from(value, (item: unknown, index) => refuseLossy(item, `${path}[${index}]`, own));
    return;
  }
  if (!isPlain(value)) throw lossy(path, `is of the class ${value.constructor?.name ?? 'unknown'}`);
  if (Object.getOwnPropertySymbols(value).length > 0) throw lossy(path, 'has a symbol for a name');
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) refuseLossy(item, `${path}.${name}`, own);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const hasOwnJson = 'toJSON' in value && typeof value.toJSON === 'function';
  return !hasOwnJson && (prototype === null || prototype === Object.prototype);
}

function lossy(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID_STATE', `${path} ${fault}, which JSON cannot keep`, { path });
}
