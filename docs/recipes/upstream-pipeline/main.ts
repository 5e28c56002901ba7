/** A login in four steps whose process is killed in the third, the process that goes on, and the run after it. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createId } from '@stateroom/core';
import { sqliteStorage } from '@stateroom/core/sqlite';
import type { StepResult } from '@stateroom/orchestration';
import { FakeUpstream } from './fake-upstream.ts';
import { loadIndex, loginPipeline } from './login-pipeline.ts';
import { UserSessions } from './user-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-upstream-'));
const path = join(folder, 'sessions.db');
const secret = createId() + createId();
const upstream = await FakeUpstream.open();
const storage = sqliteStorage({ path });
const users = new UserSessions({ storage, secret, upstreamBase: upstream.base, leaseMs: 1000 });
const shown = (results: readonly StepResult[]) => results.map(({ name, status }) => `${name} ${status}`).join(', ');

const session = await users.createSession({ accountId: 'player-7', ticket: 'ticket-of-today' }, { device: 'phone' });

// A process of its own logs in, and is killed as soon as the third call has come to the upstream.
const { promise: thirdCall, resolve: hasCome } = Promise.withResolvers<void>();
upstream.answer('/start_session', async () => {
  hasCome();
  return new Promise(() => {});
});
const login = fork(join(import.meta.dirname, 'login.test-process.ts'), [path, upstream.base, secret, session.id]);
const ended = new Promise((resolve) => login.once('exit', resolve));
await thirdCall;
login.kill('SIGKILL');
await ended;
upstream.answer('/start_session', null);
console.log('when the process died:', shown((await session.getPipeline()).run?.results ?? []));

// This one goes on under the same run id, once the lease of the dead one is over.
const { status, results } = await session.run(loginPipeline, { runId: 'login' });
console.log('gone on with:', shown(results));
console.log('the login is:', status);
console.log('carried out by the upstream:', upstream.carriedOut.map(({ endpoint }) => endpoint).join(' '));
console.log('viewer id in the context:', (await session.getContext()).viewerId);

// The last step is handed to the first of the next run.
await session.runPipeline([loadIndex]);
console.log('the next run came after:', upstream.carriedOut.at(-1)?.request['after']);
console.log('the client gets:', JSON.stringify(session));

await upstream.close();
await storage.close();
rmSync(folder, { recursive: true });
