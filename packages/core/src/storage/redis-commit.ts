import { StateroomError } from '../errors.ts';
import type {
  Change,
  Check,
  Commit,
  ListRange,
  ListWindow,
  Refusal,
  StorageEntry,
  Transaction,
  Ttl,
} from './provider.ts';
import { wrongKind } from './provider-helpers.ts';

/** What the script of redis-commit.lua.ts is called with. */
export type CommitCall = { readonly keys: readonly string[]; readonly args: readonly string[] };

export function encodeCommit({ checks, changes, reads = {} }: Transaction): CommitCall {
  const { entries = [], lists = [] } = reads;
  const indices = new Map<string, string>();
  const at = (key: string) => {
    const index = indices.get(key) ?? String(indices.size + 1);
    indices.set(key, index);
    return index;
  };
  const args = [String(checks.length), ...checks.flatMap((check) => encodeCheck(check, at)), String(changes.length)];
  for (const change of changes) for (const argument of encodeChange(change, at)) args.push(argument);
  // One by one: there may be more of them than a call takes arguments.
  args.push(String(entries.length));
  for (const key of entries) args.push(at(key));
  args.push(String(lists.length));
  for (const range of lists) args.push(at(range.key), ...encodeRange(range));
  return { keys: [...indices.keys()], args };
}

/** The answer of the script to `transaction`; INVALID when it names a key as what it is not. */
export function decodeCommit({ checks }: Transaction, { keys }: CommitCall, reply: unknown): Commit {
  const [verdict, ...rest] = asArray(reply);
  if (verdict === -1) throw wrongKind(keys[Number(rest[0]) - 1] ?? '', String(rest[1]));
  const [refused, entries, lists] = rest.map(asArray);
  return {
    committed: verdict === 1,
    refused: pairs(refused).map(([check, found]) => decodeRefusal(checks[Number(check)], found)),
    snapshot: {
      entries: asArray(entries).map(decodeEntry),
      lists: pairs(lists).map(decodeWindow),
    },
  };
}

/** An entry from its stored text: its version, a line feed, its value. */
export function decodeEntry(text: unknown): StorageEntry | null {
  if (text === null) return null;
  const end = typeof text === 'string' ? text.indexOf('\n') : -1;
  if (typeof text !== 'string' || end < 1) throw unreadable();
  return { value: text.slice(end + 1), version: text.slice(0, end) };
}

type IndexOf = (key: string) => string;

function encodeCheck(check: Check, at: IndexOf): string[] {
  if ('length' in check) return ['length', at(check.key), String(check.length)];
  return ['version', at(check.key), check.version ?? ''];
}

function encodeChange(change: Change, at: IndexOf): readonly string[] {
  const { type } = change;
  const key = at(change.key);
  switch (type) {
    case 'set':
      return [type, key, encodeTtl(change.ttlMs), `${change.version}\n${change.value}`];
    case 'append':
      return [type, key, encodeTtl(change.ttlMs), String(change.items.length), ...change.items];
    case 'truncate':
      return [type, key, String(change.length)];
    case 'touch':
      return [type, key, encodeTtl(change.ttlMs)];
    case 'delete':
      return [type, key];
  }
}

function encodeTtl(ttlMs: Ttl): string {
  return ttlMs === null ? 'ever' : String(ttlMs);
}

/** From an end that is exclusive to one that is not; none is none. */
function encodeRange({ start = 0, end }: ListRange): [first: string, last: string] {
  if (end === 0) return ['1', '0'];
  return [String(start), String(end === undefined ? -1 : end - 1)];
}

function decodeRefusal(check: Check | undefined, found: unknown): Refusal {
  if (check === undefined) throw unreadable();
  const { key } = check;
  return 'length' in check ? { key, length: Number(found) } : { key, entry: decodeEntry(found) };
}

function decodeWindow([items, length]: readonly [unknown, unknown]): ListWindow {
  return { items: asArray(items).map(String), length: Number(length) };
}

function pairs(values: unknown): (readonly [unknown, unknown])[] {
  const flat = asArray(values);
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[index * 2], flat[index * 2 + 1]]);
}

function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable();
  return value;
}

export function unreadable(): StateroomError {
  return new StateroomError(
    'STORAGE',
    'redis holds or answers what this provider did not write; is the keyspace shared?',
  );
}
