/** A login, what the server keeps of it, and the little of it that the client gets. */
import { createId } from '@stateroom/core';
import { storageFromEnv } from '@stateroom/core/from-env';
import { UserSessions } from './user-sessions.ts';

const environment = { STATEROOM_STORAGE: 'memory', ...process.env };
// Without a configured one, contexts are the same for as long as this process runs.
const secret = process.env['SESSION_SECRET'] ?? createId() + createId();

await using storage = await storageFromEnv(environment);
const users = new UserSessions({ storage, secret });

const session = await users.createSession('player-7', 'ticket-of-today', { device: 'phone' });
const { sessionId } = session;
const again = await users.createSession('player-7', 'ticket-of-today');
const tomorrow = await users.createSession('player-7', 'ticket-of-tomorrow');
const authKey = async (id: string) => (await users.getContext(id))?.authKey;

console.log('sessions are kept in:', storage.name);
console.log('same ticket, same key:', (await authKey(sessionId)) === (await authKey(again.sessionId)));
console.log('other ticket, other key:', (await authKey(sessionId)) !== (await authKey(tomorrow.sessionId)));

await users.setContext(sessionId, (context) => ({ ...context, viewerId: 4711 }));
console.log('viewer id in the context:', (await users.getContext(sessionId))?.viewerId);

await users.setLastStep(sessionId, { name: 'load-index', endpoint: '/load/index', decoded: { gems: 12 } });
console.log('last step:', (await users.getLastStep(sessionId))?.name);
await users.setLastStep(sessionId, null);
console.log('last step, cleared:', await users.getLastStep(sessionId));

await users.delete(again.sessionId);
console.log('a deleted session:', await users.getSession(again.sessionId));
console.log('a context that slips into a reply:', JSON.stringify({ context: await users.getContext(sessionId) }));
console.log('the client gets:', JSON.stringify(session.view));

await users.delete(sessionId);
await users.delete(tomorrow.sessionId);
