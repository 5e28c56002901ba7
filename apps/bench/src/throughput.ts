import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Change, SessionManager, type StorageProvider, unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { z } from 'zod';
import { compare, print, printRates, ratio } from './measure.ts';

const State = z.object({ count: z.number(), notes: z.array(z.object({ id: z.number(), text: z.string() })) });
type State = z.infer<typeof State>;

/** About 4 KB of JSON. */
const fresh = (): State => ({
  count: 0,
  notes: Array.from({ length: 40 }, (_, id) => ({ id, text: 'what a guest has said in passing, '.repeat(2).trim() })),
});
const increment = (state: State): State => ({ ...state, count: state.count + 1 });
const keys = Array.from({ length: 1000 }, (_, index) => `guest-${index}`);
const keyOf = (round: number) => keys[round % keys.length] ?? '';

/**
 * At two levels, and each beside code by hand that does as much: the storage alone keeps text and checks a version, a
 * session is also validated when read and when written.
 */
export async function throughput(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-bench-'));
  await using memory = memoryStorage();
  await using sqlite = sqliteStorage({ path: join(folder, 'room.db') });
  const map = mapByHand();
  const table = tableByHand(join(folder, 'hand.db'));
  for (const [ours, hand] of [
    [memory, map],
    [sqlite, table],
  ] as const) {
    const texts = await filledStorage(ours);
    print(`throughput of ${ours.name}, texts of 4 KB`);
    await compareBoth({ name: ours.name, ...texts }, hand);
    const sessions = await filledSessions(ours);
    print(`throughput of sessions on ${ours.name}, validated when read and when written`);
    await compareBoth(
      { name: ours.name, ...sessions },
      {
        name: hand.name,
        get: (key) => State.parse(hand.get(key)),
        update: (key) => hand.update(key, (state) => State.parse(increment(State.parse(state)))),
      },
    );
  }
  rmSync(folder, { recursive: true });
}

type Room = {
  readonly get: (key: string) => unknown;
  readonly update: (key: string, change?: (state: State) => State) => unknown;
};

type Named<Thing> = Thing & { readonly name: string };

async function compareBoth(ours: Named<Room>, hand: Named<Room>): Promise<void> {
  const rates = await compare({
    [`${ours.name} get`]: (round) => ours.get(keyOf(round)),
    [`${hand.name} get`]: (round) => hand.get(keyOf(round)),
    [`${ours.name} update`]: (round) => ours.update(keyOf(round)),
    [`${hand.name} update`]: (round) => hand.update(keyOf(round)),
  });
  printRates(rates);
  const beside = (what: string) => ratio(rates, `${ours.name} ${what}`, `${hand.name} ${what}`);
  print(`  ${ours.name} beside ${hand.name}: get ${beside('get')}, update ${beside('update')}`);
}

async function filledStorage(storage: StorageProvider): Promise<Room> {
  const set = (key: string, state: State, version: string): Change => {
    return { type: 'set', key, value: JSON.stringify(state), version, ttlMs: 60_000 };
  };
  for (const key of keys) await storage.commit({ checks: [{ key, version: null }], changes: [set(key, fresh(), '1')] });
  const read = async (key: string) => {
    const { value, version } = (await storage.read({ entries: [key] })).entries[0] ?? { value: '', version: '' };
    const state: State = JSON.parse(value);
    return { state, version };
  };
  return {
    get: read,
    update: async (key) => {
      const { state, version } = await read(key);
      const next = set(key, increment(state), String(Number(version) + 1));
      await storage.commit({ checks: [{ key, version }], changes: [next] });
    },
  };
}

async function filledSessions(storage: StorageProvider): Promise<Room> {
  const sessions = new SessionManager({ storage, schema: State, initialState: fresh });
  for (const sessionId of keys) unwrap(await sessions.createSession({ sessionId }));
  return {
    get: async (key) => unwrap(await sessions.getSession(key)),
    update: async (key) => unwrap(await sessions.updateSession(key, increment)),
  };
}

type ByHand = {
  readonly name: string;
  readonly get: (key: string) => State;
  readonly update: (key: string, change?: (state: State) => State) => void;
};

function mapByHand(): ByHand {
  const entries = new Map(keys.map((key) => [key, { text: JSON.stringify(fresh()), version: 1 }]));
  const read = (key: string) => entries.get(key) ?? { text: 'null', version: 0 };
  return {
    name: 'a Map of JSON',
    get: (key) => JSON.parse(read(key).text),
    update: (key, change = increment) => {
      const { text, version } = read(key);
      entries.set(key, { text: JSON.stringify(change(JSON.parse(text))), version: version + 1 });
    },
  };
}

function tableByHand(path: string): ByHand {
  const database = new DatabaseSync(path);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE room (key TEXT PRIMARY KEY, text TEXT, version INTEGER)',
  );
  const insert = database.prepare('INSERT INTO room VALUES (?, ?, 1)');
  for (const key of keys) insert.run(key, JSON.stringify(fresh()));
  const select = database.prepare('SELECT text, version FROM room WHERE key = ?');
  const replace = database.prepare('UPDATE room SET text = ?, version = version + 1 WHERE key = ? AND version = ?');
  const read = (key: string) => {
    const row = select.get(key) ?? {};
    const state: State = JSON.parse(String(row['text']));
    return { state, version: Number(row['version']) };
  };
  return {
    name: 'node:sqlite',
    get: (key) => read(key).state,
    update: (key, change = increment) => {
      const { state, version } = read(key);
      replace.run(JSON.stringify(change(state)), key, version);
    },
  };
}
