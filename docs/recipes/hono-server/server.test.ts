import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';
import { firstWords, Guest, heard, idsOf, lastAnswer } from '../testing/guest.ts';
import { Served } from '../testing/served.ts';

describe('a server of one process, on a SQLite file', () => {
  const folder = temporaryFolder();
  const storage = () => ({ STATEROOM_STORAGE: 'sqlite', STATEROOM_SQLITE_PATH: join(folder(), 'sessions.db') });

  it('serves turns, lists and rewinds sessions, and says that it is well', async () => {
    await using server = await Served.start({ ...storage(), WORD_MS: '0' });
    const guest = new Guest(server.url);
    const first = await guest.say('the tides');
    const second = await guest.say('the stars', first.sessionId);
    expect([first.end, second.end]).toEqual(['finish', 'finish']);
    expect((await guest.sessions.list()).sessions).toMatchObject([{ sessionId: first.sessionId, turnCount: 2 }]);
    expect(await guest.sessions.rewind(first.sessionId, { turnId: first.turnId })).toEqual([second.turnId]);
    expect(lastAnswer(await guest.show(first.sessionId))).toBe(first.text);
    const health = await fetch(`${server.url}/api/health`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok', storage: { name: 'sqlite' } }]);
  });

  it('tells a follower every word, of a turn whose own reader has left; and stops it', async () => {
    await using server = await Served.start(storage());
    const guest = new Guest(server.url);
    const left = await firstWords(await guest.begin('the tides'), 5);
    const place = { id: left.sessionId, turn: left.turnId };
    const following = heard(await guest.follow(place));
    expect(await guest.stop(place)).toEqual({ status: 'asked' });
    const { text, end } = await following;
    expect([end, text.startsWith(left.text)]).toEqual(['abort', true]);
    expect(lastAnswer(await guest.show(left.sessionId))).toBe(text);
  });

  it('loses no message, and no word that a follower has heard, when it is killed, and goes on with the same file', async () => {
    const environment = { ...storage(), WORD_MS: '100', LEASE_MS: '3000' };
    const killed = await Served.start(environment);
    const left = await heardByAnother(new Guest(killed.url), 8);
    await killed.end('SIGKILL');
    await using server = await Served.start({ ...environment, WORD_MS: '0' });
    const guest = new Guest(server.url);
    const next = await sayWhenFree(guest, 'the stars', left.sessionId);
    const { messages, turns } = await guest.show(left.sessionId);
    expect(next).toMatchObject({ end: 'finish', text: expect.stringContaining('the stars') });
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(turns.map(({ status }) => status)).toEqual(['crashed', 'completed']);
    expect(JSON.stringify(messages[1])).toContain(left.text.trim());
  });

  it('is backed up while it serves, and the backup is served as the file is', async () => {
    const environment = { ...storage(), WORD_MS: '0' };
    await using server = await Served.start(environment);
    const { sessionId, text } = await new Guest(server.url).say('the tides');
    const path = join(folder(), 'backup.db');
    using database = new DatabaseSync(environment.STATEROOM_SQLITE_PATH, { readOnly: true });
    database.prepare('VACUUM INTO ?').run(path);
    await using restored = await Served.start({ ...environment, STATEROOM_SQLITE_PATH: path });
    expect(lastAnswer(await new Guest(restored.url).show(sessionId))).toBe(text);
  });

  it('ends a turn as interrupted when it is asked to end, and leaves its session free', async () => {
    const environment = { ...storage(), WORD_MS: '100' };
    const ending = await Served.start(environment);
    const response = await new Guest(ending.url).begin('the tides');
    const { sessionId } = idsOf(response);
    const answer = heard(response);
    expect(await ending.end('SIGTERM')).toBe(0);
    expect((await answer).end).toBe('abort');
    await using server = await Served.start({ ...environment, WORD_MS: '0' });
    const guest = new Guest(server.url);
    expect((await guest.say('the stars', sessionId)).end).toBe('finish');
    expect((await guest.show(sessionId)).turns.map(({ status }) => status)).toEqual(['interrupted', 'completed']);
  });
});

/** A reader of its own turn is ahead of the storage by a moment; whoever follows hears what is stored. */
async function heardByAnother(guest: Guest, words: number) {
  const { sessionId, turnId } = idsOf(await guest.begin('the tides'));
  return firstWords(await guest.follow({ id: sessionId, turn: turnId }), words);
}

/** The lease of a process that was killed runs out by itself. */
async function sayWhenFree(guest: Guest, text: string, sessionId: string) {
  for (;;) {
    const answer = await guest.say(text, sessionId);
    if (answer.end !== '409') return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the story of hono-server', () => {
  it('ends with the conversation as it was before the crash, and one turn more', () => {
    const path = join(import.meta.dirname, 'main.ts');
    const lines = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 }).trim().split('\n');
    expect(lines.slice(-3)).toEqual([
      'turns: crashed, completed',
      'what was followed before the crash is in the transcript: true',
      'asked to end, the server ended with: 0',
    ]);
  });
});
