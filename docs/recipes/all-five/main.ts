/** The systems of five recipes on one storage: a crowd of guests, a copy, a restart, and one of the five that goes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { copyStorage, createId } from '@stateroom/core';
import { storageFromEnv } from '@stateroom/core/from-env';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { contentsOf, countByNamespace, differing } from './contents.ts';
import { residents } from './residents.ts';

const folder = await mkdtemp(join(tmpdir(), 'all-five-'));
const path = join(folder, 'copy.db');
const shared = { secret: createId() + createId(), saves: join(folder, 'saves') };
const guests = Array.from({ length: 10 }, (_, index) => `guest-${index}`);

await using storage = await storageFromEnv({ STATEROOM_STORAGE: 'memory', ...process.env });
const house = residents({ storage, ...shared });
console.log(`${house.length} systems on one storage:`, storage.name);

const visits = await Promise.all(
  house.flatMap(({ name, visit, show }) =>
    guests.map(async (guest) => {
      const sessionId = await visit(guest);
      return { name, guest, sessionId, shown: await show(sessionId, guest) };
    }),
  ),
);
console.log('sessions, all made at once:', visits.length);
console.log('of them under the id guest-7:', visits.filter(({ sessionId }) => sessionId === 'guest-7').length);
for (const [namespace, keys] of Object.entries(countByNamespace(await contentsOf(storage))))
  console.log(`keys of the namespace ${namespace}:`, keys);
for (const { name, count, save } of house)
  console.log(`${name}:`, { counted: (await count?.()) ?? 'by nobody', saved: (await save?.())?.saved ?? 'nowhere' });

const before = await contentsOf(storage);
{
  await using copy = sqliteStorage({ path });
  const { copied, failed } = await copyStorage(storage, copy, { verify: true });
  console.log('keys copied to SQLite:', copied, 'and failed:', failed.length);
}

// As another process would, tomorrow.
await using restarted = sqliteStorage({ path });
console.log('keys that differ after a restart:', differing(before, await contentsOf(restarted)).length);
const again = residents({ storage: restarted, ...shared });
const residentOf = (name: string) => again.find((resident) => resident.name === name);
const same = await Promise.all(
  visits.map(async ({ name, guest, sessionId, shown }) =>
    isDeepStrictEqual(await residentOf(name)?.show(sessionId, guest), shown),
  ),
);
console.log('sessions that are as they were:', same.filter(Boolean).length);

// The same ids stand in the other systems, and stay.
for (const { guest, sessionId } of visits.filter(({ name }) => name === 'space-game'))
  await residentOf('space-game')?.remove(sessionId, guest);
const gone = differing(before, await contentsOf(restarted));
const elsewhere = gone.filter((key) => !key.startsWith('space-game:'));
console.log('all games removed; keys of others that changed:', elsewhere.length);

for (const { name, guest, sessionId } of visits)
  await house.find((resident) => resident.name === name)?.remove(sessionId, guest);
await rm(folder, { recursive: true });
