import { refuseUnless, StateroomError } from '../../errors.ts';
import { toJson } from '../../json.ts';
import type { SessionKeys } from '../../storage/keys.ts';
import type { Change, Check, ListRange, Ttl } from '../../storage/provider.ts';
import { guardVersion } from '../guard.ts';
import { encodeRecord, type Envelope } from './record.ts';
import type { ListItems, ListLengths, ListRanges, NextSession, StoredSession } from './stored-session.ts';
import { lifeMs, listTtlMs, slideMs, withGrace } from '../ttl.ts';

/** The steps of which commits on a session's keys are made. To name a list that the manager has not is INVALID. */

export async function newSession<ListName extends string>(
  keys: SessionKeys<ListName>,
  { envelope, stateText, version, append = {} }: NextSession<ListName>,
  before: readonly string[] = [],
): Promise<Change[]> {
  const { ttl, owner, agentId, incarnation } = envelope;
  const ttlMs = lifeMs(ttl, 0);
  const identity = await guardVersion(owner, agentId);
  const value = encodeRecord(envelope, stateText);
  return [
    { type: 'set', key: keys.record, value, version, ttlMs: withGrace(ttlMs, ttl) },
    { type: 'set', key: keys.guard, value: incarnation, version: identity, ttlMs },
    ...deleteLists(keys, before),
    ...appendToLists(keys, append, envelope),
  ];
}

/** Puts `next` in place of `seen`, with all that it does to lists. */
export function replaceSession<ListName extends string>(
  keys: SessionKeys<ListName>,
  seen: StoredSession<ListName>,
  { envelope, stateText, version, truncate = {}, append = {} }: NextSession<ListName>,
): Change[] {
  const { ttl, createdAt, updatedAt } = envelope;
  const ttlMs = ttl.slideOn === 'touch' ? 'keep' : slideMs(ttl, updatedAt - createdAt);
  const touchesLists = envelope.listsTouchedAt !== seen.record.listsTouchedAt;
  const value = encodeRecord(envelope, stateText);
  return [
    { type: 'set', key: keys.record, value, version, ttlMs: withGrace(ttlMs, ttl) },
    ...touchKey(keys.guard, ttlMs),
    ...truncateLists(keys, truncate),
    ...(touchesLists ? touchLists(keys, envelope) : []),
    ...appendToLists(keys, append, seen.record),
  ];
}

/** What a write checks of a session that was seen. In its time of grace the record alone would still be there. */
export async function checksOf<ListName extends string>(
  keys: SessionKeys<ListName>,
  { record, version }: StoredSession<ListName>,
): Promise<readonly Check[]> {
  const check = { key: keys.record, version };
  if (record.ttl.graceMs === 0) return [check];
  return [check, { key: keys.guard, version: await guardVersion(record.owner, record.agentId) }];
}

/** The life span of a session that is active now, for all of its keys. */
export function touchSession<ListName extends string>(
  keys: SessionKeys<ListName>,
  record: Envelope,
  now: number,
): Change[] {
  const ttlMs = slideMs(record.ttl, now - record.createdAt);
  return [
    ...touchKey(keys.record, withGrace(ttlMs, record.ttl)),
    ...touchKey(keys.guard, ttlMs),
    ...(ttlMs === 'keep' ? [] : touchLists(keys, record)),
  ];
}

/** `lists` are those that its record names, beside those that this manager names. */
export function deleteSession<ListName extends string>(
  keys: SessionKeys<ListName>,
  lists: readonly string[] = [],
): Change[] {
  return [{ type: 'delete', key: keys.record }, { type: 'delete', key: keys.guard }, ...deleteLists(keys, lists)];
}

function touchKey(key: string, ttlMs: Ttl): Change[] {
  return ttlMs === 'keep' ? [] : [{ type: 'touch', key, ttlMs }];
}

function touchLists<ListName extends string>(
  keys: SessionKeys<ListName>,
  { lists, ttl }: Pick<Envelope, 'lists' | 'ttl'>,
): Change[] {
  return lists.map((name) => ({ type: 'touch', key: keys.ofList(name), ttlMs: listTtlMs(ttl) }));
}

function truncateLists<ListName extends string>(keys: SessionKeys<ListName>, lengths: ListLengths<ListName>): Change[] {
  return named<ListName, number>(keys, lengths).map(({ name, key, value: length }) => {
    refuseUnless(Number.isSafeInteger(length) && length >= 0, `truncate.${name}`, `is ${length}; give a whole number`);
    return length === 0 ? { type: 'delete', key } : { type: 'truncate', key, length };
  });
}

function appendToLists<ListName extends string>(
  keys: SessionKeys<ListName>,
  append: ListItems<ListName>,
  { lists, ttl }: Pick<Envelope, 'lists' | 'ttl'>,
): Change[] {
  return named<ListName, readonly unknown[]>(keys, append).flatMap(({ name, key, value }): Change[] => {
    const items = value.map((item, index) => toJson(item, `append.${name}[${index}]`));
    if (items.length === 0) return [];
    // What lies there yet is of an earlier session of this id.
    const clearing: Change[] = lists.includes(name) ? [] : [{ type: 'delete', key }];
    return [...clearing, { type: 'append', key, items, ttlMs: listTtlMs(ttl) }];
  });
}

/** Nothing of a range but its ends is taken over: what else it may hold came from somewhere else. */
export function rangesOf<ListName extends string>(
  keys: SessionKeys<ListName>,
  ranges: ListRanges<ListName>,
): { readonly name: ListName; readonly range: ListRange }[] {
  return named<ListName, Omit<ListRange, 'key'>>(keys, ranges).map(({ name, key, value: { start, end } }) => ({
    name,
    range: { key, ...(start !== undefined && { start }), ...(end !== undefined && { end }) },
  }));
}

function deleteLists<ListName extends string>(keys: SessionKeys<ListName>, others: readonly string[]): Change[] {
  const all = new Set([...keys.lists.values(), ...others.map((name) => keys.ofList(name))]);
  return [...all].map((key) => ({ type: 'delete', key }));
}

/** The lists of a session that has begun `begun`, once these items are appended. */
export function listsAfter<ListName extends string>(
  begun: readonly string[],
  append: ListItems<ListName> = {},
): readonly string[] {
  const items = Object.entries<readonly unknown[] | undefined>(append);
  const begins = items.flatMap(([name, list]) => (list?.length && !begun.includes(name) ? [name] : []));
  return begins.length === 0 ? begun : [...begun, ...begins];
}

/** What is said of each list, in the order in which the manager names them. */
function named<ListName extends string, V>(
  { lists }: SessionKeys<ListName>,
  values: { readonly [Name in ListName]?: V | undefined },
): { readonly name: ListName; readonly key: string; readonly value: V }[] {
  const names: readonly string[] = [...lists.keys()];
  for (const name of Object.keys(values)) {
    if (names.includes(name)) continue;
    throw new StateroomError('INVALID', `the manager has no list "${name}"`, { path: 'lists' });
  }
  return [...lists].flatMap(([name, key]) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? [] : [{ name, key, value }];
  });
}
