/** The life of a session in the store that the environment asks for. */
import { createSessionStore } from './create-session-store.ts';

await using store = await createSessionStore(process.env);

// A fixed one, so that it can be looked up by hand. One of your own: `createId()` of @stateroom/core.
const sessionId = 'abc123';
const show = async (title: string) => console.log(`${title}:`, JSON.stringify(await store.getSession(sessionId)));

console.log('healthy:', await store.healthCheck());
await show('left by the last run');

const createdAt = Date.now();
await store.saveSession(sessionId, { username: 'player1', sessionId, createdAt, lastActivity: createdAt, room: 'inn' });
await show('saved');

await store.refreshSession(sessionId);
await show('refreshed');

await store.deleteSession(sessionId);
await store.refreshSession(sessionId);
await show('deleted, then refreshed');

await store.saveSession(sessionId, { username: 'player1', sessionId, createdAt, lastActivity: createdAt, room: 'inn' });
console.log('for operators:', await store.countSessions(), await store.sessionIds());
console.log(`kept for an hour; where it is Redis: redis-cli get session:${sessionId}`);
