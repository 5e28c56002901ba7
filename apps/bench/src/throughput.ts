import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SessionManager, type StorageProvider, unwrap } from '@stateroom/core';
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

/** Both validate and parse what they read, and write only what nobody else has changed. */
export async function throughput(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-bench-'));
  await using memory = memoryStorage();
  await using sqlite = sqliteStorage({ path: join(folder, 'room.db') });
  const sessions = { memory: await filled(memory), sqlite: await filled(sqlite) };
  const map = mapByHand();
  const table = tableByHand(join(folder, 'hand.db'));
  print('throughput, sessions of 4 KB');
  for (const [ours, hand, byHand] of [
    ['memory', 'a Map of JSON', map],
    ['sqlite', 'node:sqlite', table],
  ] as const) {
    const rates = await compare({
      [`${ours} get`]: async (round) => unwrap(await sessions[ours].getSession(keyOf(round))),
      [`${hand} get`]: (round) => byHand.get(keyOf(round)),
      [`${ours} update`]: async (round) => unwrap(await sessions[ours].updateSession(keyOf(round), increment)),
      [`${hand} update`]: (round) => byHand.update(keyOf(round)),
    });
    printRates(rates);
    print(
      `  ${ours} beside ${hand}: get ${ratio(rates, `${ours} get`, `${hand} get`)}, update ${ratio(rates, `${ours} update`, `${hand} update`)}`,
    );
  }
  rmSync(folder, { recursive: true });
}

async function filled(storage: StorageProvider): Promise<SessionManager<State>> {
  const sessions = new SessionManager({ storage, schema: State, initialState: fresh });
  for (const sessionId of keys) unwrap(await sessions.createSession({ sessionId }));
  return sessions;
}

type ByHand = { readonly get: (key: string) => State; readonly update: (key: string) => void };

function mapByHand(): ByHand {
  const entries = new Map(keys.map((key) => [key, { text: JSON.stringify(fresh()), version: 1 }]));
  const read = (key: string) => entries.get(key) ?? { text: 'null', version: 0 };
  return {
    get: (key) => State.parse(JSON.parse(read(key).text)),
    update: (key) => {
      const { text, version } = read(key);
      entries.set(key, {
        text: JSON.stringify(State.parse(increment(State.parse(JSON.parse(text))))),
        version: version + 1,
      });
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
    return { state: State.parse(JSON.parse(String(row['text']))), version: Number(row['version']) };
  };
  return {
    get: (key) => read(key).state,
    update: (key) => {
      const { state, version } = read(key);
      replace.run(JSON.stringify(State.parse(increment(state))), key, version);
    },
  };
}
