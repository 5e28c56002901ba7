/** A process that logs a user in, and may be killed while it does. */
import process from 'node:process';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { loginPipeline } from './login-pipeline.ts';
import { UserSessions } from './user-session.ts';

const [path = '', upstreamBase = '', secret = '', sessionId = ''] = process.argv.slice(2);
await using storage = sqliteStorage({ path });
const users = new UserSessions({ storage, secret, upstreamBase, leaseMs: 1000 });
const session = await users.getSession(sessionId);
await session.run(loginPipeline, { runId: 'login' });
