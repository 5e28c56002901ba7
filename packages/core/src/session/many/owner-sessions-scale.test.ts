import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeySpace } from '../../storage/keys.ts';
import { override } from '../../storage/override.ts';
import type { Reads, StorageProvider } from '../../storage/provider.ts';
import { redisStorage } from '../../storage/redis.ts';
import { sqliteStorage } from '../../storage/sqlite.ts';
import { hasRedis, redisNote, startRedis } from '../../testing/servers/redis-server.ts';
import { createId } from '../id.ts';
import { newEnvelope, writtenEnvelope } from '../stored/record.ts';
import { newSession } from '../stored/session-changes.ts';
import { SessionIndex } from './session-index.ts';
import { manage } from '../test-sessions.ts';
import { defaultTtl } from '../ttl.ts';

const owners = 1000;
const sessionsEach = 100;

/** As many sessions as are asked for, in few commits: an owner's sessions and the list of them at once. */
async function fill(storage: StorageProvider): Promise<void> {
  const keySpace = new KeySpace('sessions', ['log'], true);
  const now = Date.now();
  const made = async (owner: string, sessionId: string) => {
    const version = createId();
    const origin = newEnvelope({ owner, incarnation: createId(), now, ttl: defaultTtl });
    const envelope = writtenEnvelope(origin, version, { now, stateVersion: 1, epoch: 0 });
    const keys = keySpace.session(sessionId);
    const changes = await newSession(keys, { envelope, stateText: '{"count":0}', version });
    const { changes: hints } = new SessionIndex(storage, keySpace.owner(owner)).announcing(
      { sessionId, at: now },
      { hints: [], length: 0, generation: null },
    );
    return { check: { key: keys.record, version: null }, changes: [...changes, ...hints] };
  };
  for (let owner = 0; owner < owners; owner++) {
    const ids = Array.from({ length: sessionsEach }, (_, each) => `owner-${owner}-${each}`);
    const all = await Promise.all(ids.map((sessionId) => made(`owner-${owner}`, sessionId)));
    await storage.commit({ checks: all.map(({ check }) => check), changes: all.flatMap(({ changes }) => changes) });
  }
}

/** Notes each key that is named, and that all keys were walked through. */
function noting(storage: StorageProvider) {
  const named: string[] = [];
  const note = ({ entries = [], lists = [] }: Reads) => void named.push(...entries, ...lists.map(({ key }) => key));
  const noted = override(storage, {
    read: (reads) => {
      note(reads);
      return storage.read(reads);
    },
    commit: (transaction) => {
      note(transaction.reads ?? {});
      named.push(...transaction.changes.map(({ key }) => key));
      return storage.commit(transaction);
    },
    scan: (...page) => {
      named.push('all');
      return storage.scan(...page);
    },
  });
  return { named, noted };
}

/** What is read to list two owners' sessions, all of one and the first ten of the other. */
async function keysRead(storage: StorageProvider) {
  await fill(storage);
  const { named, noted } = noting(storage);
  const sessions = manage(noted);
  const all = await sessions.listSessions({ owner: 'owner-7', limit: 1000 });
  const forAll = named.splice(0).toSorted();
  await sessions.listSessions({ owner: 'owner-8', limit: 10 });
  return { listed: all.sessions.map(({ sessionId }) => sessionId), forAll, forTen: named.length };
}

const ids = Array.from({ length: sessionsEach }, (_, each) => `owner-7-${sessionsEach - 1 - each}`);
const list = 'sessions:owners:{owner-7}';
/** The list is read and kept, with its generation; then each record once. */
const expected = {
  listed: ids,
  forAll: [list, list, `${list}:generation`, ...ids.map((sessionId) => `sessions:{${sessionId}}`)].toSorted(),
  forTen: 13,
};

describe(`one owner's sessions among ${owners * sessionsEach}`, () => {
  it('are all that is read, on SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stateroom-owners-'));
    await using storage = sqliteStorage({ path: join(folder, 'room.db') });
    expect(await keysRead(storage)).toEqual(expected);
    await storage.close();
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!hasRedis)(
    `are all that is read, on Redis${redisNote}`,
    async () => {
      const server = await startRedis();
      await using storage = redisStorage({ url: server.url });
      expect(await keysRead(storage)).toEqual(expected);
      await storage.close();
      await server.stop();
    },
    60_000,
  );
});
