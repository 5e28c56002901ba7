import type { PartKeys, StorageProvider } from '@stateroom/core';
import { z } from 'zod';
import { Letter, Mark, Queue, Run, StreamItem, TurnRecord } from '../../turn/stored.ts';
import { Item } from './vocabulary.ts';

const Told = z.object({ told: z.array(z.string()) });
const Record = z.object({ incarnation: z.string(), state: Told, draft: z.object({ before: Told }).optional() });

/** All that is stored of a session and its turns at one moment. */
export type RoomState = {
  /** Behind the key of the record, in alphabetical order. */
  readonly keys: readonly string[];
  readonly hasGuard: boolean;
  readonly record: {
    readonly told: readonly string[];
    /** What it goes back to, while a turn has stored a part of itself. */
    readonly toldBefore: readonly string[] | null;
  } | null;
  readonly run: (Run & { readonly version: string }) | null;
  readonly lease: { readonly turnId: string; readonly version: string } | null;
  readonly queue: readonly string[];
  /** The messages whose waiters are alive. */
  readonly tickets: readonly string[];
  /** Those of an earlier session of this id left out, which nobody goes by. */
  readonly marks: ReadonlyMap<string, Mark>;
  readonly mail: ReadonlyMap<string, readonly Letter[]>;
  readonly streams: ReadonlyMap<string, readonly StreamItem[]>;
  readonly messages: readonly Item[];
  readonly turns: readonly TurnRecord[];
};

/** Reads everything there is under the keys of a session. */
export async function readRoom(storage: StorageProvider, { record }: PartKeys): Promise<RoomState> {
  const found = await scan(storage, record);
  const entryKeys = [...found].filter(([, kind]) => kind === 'entry').map(([key]) => key);
  const listKeys = [...found].filter(([, kind]) => kind === 'list').map(([key]) => key);
  const { entries, lists } = await storage.read({ entries: entryKeys, lists: listKeys.map((key) => ({ key })) });
  const values = new Map(entryKeys.map((key, index) => [key.slice(record.length), entries[index] ?? null]));
  const items = new Map(listKeys.map((key, index) => [key.slice(record.length), lists[index]?.items ?? []]));
  return roomOf(values, items);
}

type Entries = ReadonlyMap<string, { readonly value: string; readonly version: string } | null>;
type Lists = ReadonlyMap<string, readonly string[]>;

function roomOf(entries: Entries, lists: Lists): RoomState {
  const one = <V>(name: string, schema: z.ZodType<V>): V | null => {
    const entry = entries.get(name) ?? null;
    return entry === null ? null : parsed(schema, entry.value);
  };
  const all = <V>(items: readonly string[] | undefined, schema: z.ZodType<V>) =>
    (items ?? []).map((text) => parsed(schema, text));
  const record = one('', Record);
  const run = one(':run', Run);
  const lease = entries.get(':lease') ?? null;
  return {
    keys: [...entries.keys(), ...lists.keys()].toSorted(),
    hasGuard: (entries.get(':guard') ?? null) !== null,
    record: record && { told: record.state.told, toldBefore: record.draft?.before.told ?? null },
    run: run && { ...run, version: entries.get(':run')?.version ?? '' },
    lease: lease && { turnId: lease.value, version: lease.version },
    queue: one(':queue', Queue)?.messageIds ?? [],
    tickets: named(entries, ':wait:').map(([messageId]) => messageId),
    marks: new Map(
      named(entries, ':turn:')
        .map(([id, entry]) => [id, parsed(Mark, entry?.value ?? '')] as const)
        .filter(([, { incarnation }]) => incarnation === record?.incarnation),
    ),
    mail: new Map(named(lists, ':mail:').map(([id, items]) => [id, all(items, Letter)])),
    streams: new Map(named(lists, ':stream:').map(([id, items]) => [id, all(items, StreamItem)])),
    messages: all(lists.get(':messages'), Item),
    turns: all(lists.get(':turns'), TurnRecord),
  };
}

function named<V>(parts: ReadonlyMap<string, V>, prefix: string): [string, V][] {
  return [...parts].flatMap(([name, value]): [string, V][] =>
    name.startsWith(prefix) ? [[decodeURIComponent(name.slice(prefix.length)), value]] : [],
  );
}

function parsed<V>(schema: z.ZodType<V>, text: string): V {
  return schema.parse(JSON.parse(text));
}

async function scan(storage: StorageProvider, record: string): Promise<ReadonlyMap<string, 'entry' | 'list'>> {
  const found = new Map<string, 'entry' | 'list'>();
  let cursor: string | null = null;
  do {
    const page = await storage.scan(record, cursor, 1000);
    for (const { key, kind } of page.found) found.set(key, kind);
    ({ cursor } = page);
  } while (cursor !== null);
  return found;
}
