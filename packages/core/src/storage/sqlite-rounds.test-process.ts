/** Sets all of the keys to the number of the round, and adds an item to a list, in one commit a round. */
import { sqliteStorage } from './sqlite.ts';

const [path = '', rounds = '', ...keys] = process.argv.slice(2);
const [first = ''] = keys;
await using storage = sqliteStorage({ path });
for (let round = 1; round <= Number(rounds); round++) {
  const set = (key: string) => ({ type: 'set', key, value: `${round}`, version: `v${round}`, ttlMs: null }) as const;
  const { committed } = await storage.commit({
    checks: [{ key: first, version: round === 1 ? null : `v${round - 1}` }],
    changes: [...keys.map(set), { type: 'append', key: 'list', items: ['one'], ttlMs: null }],
  });
  if (!committed) throw new Error('somebody else writes');
}
