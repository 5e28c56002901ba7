/** A process of its own for sqlite.test.ts: counts up one session so many times, beside another that does the same. */
import { z } from 'zod';
import { unwrap } from '../session/result.ts';
import { SessionManager } from '../session/session-manager.ts';
import { sqliteStorage } from './sqlite.ts';

const [path = '', name = '', times = '0'] = process.argv.slice(2);

await using storage = sqliteStorage({ path });
const sessions = new SessionManager({
  storage,
  namespace: 'counts',
  schema: z.object({ count: z.number() }).catchall(z.number()),
  initialState: () => ({ count: 0 }),
});
unwrap(await sessions.createSession({ sessionId: 'shared', ifExists: 'return' }));
for (let done = 1; done <= Number(times); done++) {
  unwrap(await sessions.updateSession('shared', (state) => ({ ...state, count: state.count + 1, [name]: done })));
}
