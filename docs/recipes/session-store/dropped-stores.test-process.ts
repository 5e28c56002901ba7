import { memoryStorage } from '@stateroom/core/memory';
import { ManagedSessionStore } from './managed-session-store.ts';

/** Makes fifty stores, uses them, and closes none. Prints what keeps the process alive after that. */
for (let index = 0; index < 50; index++) {
  const store = new ManagedSessionStore({ storage: memoryStorage() });
  await store.saveSession('abc123', { username: 'player1', sessionId: 'abc123', createdAt: 1, lastActivity: 1 });
  await store.refreshSession('abc123');
}
const isTimer = (resource: string) => resource === 'Timeout' || resource === 'Immediate';
process.stdout.write(String(process.getActiveResourcesInfo().filter(isTimer).length));
