/** One server as a process of its own: PORT, WORD_MS, LEASE_MS, and the variables of `storageFromEnv`; SQLite by default. */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { storageFromEnv } from '@stateroom/core/from-env';
import { concierge } from './concierge.ts';
import { createApp } from './create-app.ts';

const { PORT = '8787', WORD_MS = '20', LEASE_MS = '30000' } = process.env;
const storage = await storageFromEnv({ STATEROOM_STORAGE: 'sqlite', ...process.env });
const app = createApp({ agents: [concierge(Number(WORD_MS))], storage, leaseMs: Number(LEASE_MS) });
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) =>
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`),
);

process.once('SIGTERM', () => void end());

/** Nobody new is let in; what runs ends as interrupted, is stored, and its sessions are free for the next process. */
async function end(): Promise<void> {
  const lastWordIsOut = new Promise((resolve) => server.close(resolve));
  await app.close({ graceMs: 10_000 });
  await storage.close();
  // Streams of events go on for as long as somebody watches; their clients come back to the next process.
  await Promise.race([lastWordIsOut, delay(500)]);
  process.exit(0);
}
