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
  const fault = faultIn(value, []);
  if (fault === null) return;
  const at = `${path}${fault.path}`;
  throw new StateroomError('INVALID_STATE', `${at} ${fault.what}, which JSON cannot keep`, { path: at });
}

/** A copy of what was found to survive JSON, as a read would give it. */
export function ownCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** The path is put together on the way back up, so that what is whole, as nearly all is, costs none. */
type Fault = { readonly path: string; readonly what: string };

function faultIn(value: unknown, parents: object[]): Fault | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : here(`is ${value}`);
  if (typeof value !== 'object') return here(`is ${value === undefined ? 'undefined' : `a ${typeof value}`}`);
  if (parents.includes(value)) return here('is a cycle');
  if (parents.length === deepest) return here(`is nested deeper than ${deepest} levels`);
  parents.push(value);
  const fault = Array.isArray(value) ? faultInItems(value, parents) : faultInProperties(value, parents);
  parents.pop();
  return fault;
}

function faultInItems(items: readonly unknown[], parents: object[]): Fault | null {
  // By index, which sees the holes of a sparse array.
  for (let index = 0; index < items.length; index++) {
    const fault = faultIn(items[index], parents);
    if (fault !== null) return { ...fault, path: `[${index}]${fault.path}` };
  }
  return null;
}

function faultInProperties(value: object, parents: object[]): Fault | null {
  if (!isPlain(value)) return here(`is of the class ${value.constructor?.name ?? 'unknown'}`);
  if (Object.getOwnPropertySymbols(value).length > 0) return here('has a symbol for a name');
  for (const [name, item] of Object.entries(value)) {
    const fault = item === undefined ? null : faultIn(item, parents);
    if (fault !== null) return { ...fault, path: `.${name}${fault.path}` };
  }
  return null;
}

function here(what: string): Fault {
  return { path: '', what };
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const hasOwnJson = 'toJSON' in value && typeof value.toJSON === 'function';
  return !hasOwnJson && (prototype === null || prototype === Object.prototype);
}
