/** One server on a SQLite file: a turn, a crash in the middle of the next, and a server that goes on with the file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstWords, Guest, idsOf, lastAnswer } from '../testing/guest.ts';
import { Served } from '../testing/served.ts';

const folder = await mkdtemp(join(tmpdir(), 'hono-server-'));
const environment = {
  STATEROOM_STORAGE: 'sqlite',
  STATEROOM_SQLITE_PATH: join(folder, 'sessions.db'),
  WORD_MS: '0',
  LEASE_MS: '3000',
};

const first = await Served.start({ ...environment, WORD_MS: '50' });
console.log('a server listens on', first.url);
const guestThere = new Guest(first.url);
const { sessionId: id, turnId: turn } = idsOf(await guestThere.begin('the tides'));
// Whoever follows hears what is stored; the reader of the answer itself is ahead of that by a moment.
const left = await firstWords(await guestThere.follow({ id, turn }), 8);
console.log('followed, before the server is killed:', left.text);
await first.end('SIGKILL');

await using second = await Served.start(environment);
const guest = new Guest(second.url);
const followed = await firstWords(await guest.follow({ id, turn }), Infinity);
console.log('the next server, asked for the rest, says:', followed.text);
await guest.say('the stars', id);
const conversation = await guest.show(id);
console.log('the last answer:', lastAnswer(conversation).slice(0, 40));
console.log('turns:', conversation.turns.map(({ status }) => status).join(', '));
const isKept = JSON.stringify(conversation.messages[1]).includes(left.text.trim());
console.log('what was followed before the crash is in the transcript:', isKept);
console.log('asked to end, the server ended with:', await second.end('SIGTERM'));
await rm(folder, { recursive: true });
