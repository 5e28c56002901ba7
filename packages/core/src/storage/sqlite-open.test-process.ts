/** A process of its own for sqlite.test.ts: opens each of the named files at an agreed moment, and writes to it. */
import { sqliteStorage } from './sqlite.ts';

const [startAt = '0', ...paths] = process.argv.slice(2);

for (const [index, path] of paths.entries()) {
  const moment = Number(startAt) + index * 60;
  while (Date.now() < moment) await new Promise((resolve) => setTimeout(resolve, 1));
  await using storage = sqliteStorage({ path });
  await storage.commit({ checks: [], changes: [{ type: 'append', key: 'opened', items: ['once'], ttlMs: null }] });
}
