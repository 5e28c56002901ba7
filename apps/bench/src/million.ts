import { setTimeout as delay } from 'node:timers/promises';
import { SessionManager, unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { z } from 'zod';
import { print } from './measure.ts';

const count = 1_000_000;
const idleMs = 30 * 60_000;

/** What sessions weigh in memory beside their own text, and whether they let go of it in small steps. */
export async function million(): Promise<void> {
  print(`million, ${count.toLocaleString('en')} small sessions in memory`);
  let now = Date.now();
  const storage = memoryStorage({ maxEntries: 2 * count, clock: () => now });
  const options = {
    schema: z.object({ n: z.number() }),
    initialState: () => ({ n: 1 }),
    ttl: { idleMs },
    clock: () => now,
  };
  const sessions = new SessionManager({ storage, ...options });
  const empty = await memory();
  for (let index = 0; index < count; index++) unwrap(await sessions.createSession({ sessionId: `guest-${index}` }));
  const full = await memory();
  let text = 0;
  for (const { key } of (await storage.scan('', null, 1)).found) {
    const [entry] = (await storage.read({ entries: [key] })).entries;
    text += key.length + (entry?.value.length ?? 0) + (entry?.version.length ?? 0);
  }
  const perSession = (bytes: number) => Math.round(bytes / count).toLocaleString('en');
  print(
    `  ${perSession(full.heap - empty.heap)} bytes of heap a session, ${perSession(full.heap - empty.heap - text)} beyond its text`,
  );
  now += idleMs + 1;
  let longestMs = 0;
  let commits = 0;
  for (; commits < (2 * count) / 32 + 1; commits++) {
    const startedAt = performance.now();
    await storage.commit({ checks: [], changes: [] });
    longestMs = Math.max(longestMs, performance.now() - startedAt);
  }
  const after = await memory();
  const megabytes = (bytes: number) => Math.round(bytes / 1e6).toLocaleString('en');
  print(`  expired in ${commits.toLocaleString('en')} commits, the longest of ${longestMs.toFixed(1)} ms`);
  print(
    `  heap ${megabytes(full.heap)} → ${megabytes(after.heap)} MB, process ${megabytes(full.process)} → ${megabytes(after.process)} MB`,
  );
  await storage.close();
}

async function memory(): Promise<{ heap: number; process: number }> {
  // As far as the engine goes when memory is short: else it keeps free pages for a while.
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  await delay(300);
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, process: rss };
}
