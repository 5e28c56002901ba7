import { copyStorage, type StorageProvider } from '@stateroom/core';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { describe, expect, it } from 'vitest';
import { type Engine, onEachEngine, temporaryFolder } from '../testing/engines.ts';
import { contentsOf, countByNamespace, differing } from './contents.ts';
import { type Resident, residents } from './residents.ts';

const secret = 'a secret of this test, 32 bytes or more';
const guests = Array.from({ length: 6 }, (_, index) => `guest-${index}`);
const names = ['server-sessions', 'upstream-pipeline', 'space-game', 'agent-chat', 'session-store'];

type Visit = { readonly resident: Resident; readonly guest: string; readonly sessionId: string };

describe('five systems on one storage', () => {
  const folder = temporaryFolder();
  onEachEngine((engine) => suite(engine, folder));
});

function suite({ open }: Engine, folder: () => string): void {
  const moveIn = (storage: StorageProvider) => residents({ storage, secret, saves: folder() });

  it('keep each guest’s sessions, made all at once, apart from those of the others', async () => {
    const house = moveIn(await open());
    for (const { resident, guest, sessionId } of await visitAll(house)) {
      const shown = JSON.stringify(await resident.show(sessionId, guest));
      expect(shown).toContain(resident.name === 'space-game' ? 'shield_capsule' : guest);
      expect(guests.filter((other) => other !== guest && shown.includes(other))).toEqual([]);
    }
  });

  it('have keys of their own alone, though three of them know a session by the same id', async () => {
    const storage = await open();
    const house = moveIn(storage);
    const visits = await visitAll(house);
    expect(visits.filter(({ sessionId }) => sessionId === 'guest-0')).toHaveLength(3);
    const namespaces = house.flatMap((resident) => resident.namespaces);
    expect(Object.keys(countByNamespace(await contentsOf(storage))).toSorted()).toEqual(namespaces.toSorted());
  });

  it.each(names)('leave the others as they are, to the letter: %s is visited again, and moves out', async (name) => {
    const storage = await open();
    const house = moveIn(storage);
    const visits = await visitAll(house);
    const mover = house.find((resident) => resident.name === name);
    const before = await contentsOf(storage);
    await mover?.visit('a late guest');
    for (const { guest, sessionId } of visits.filter(({ resident }) => resident === mover))
      await mover?.remove(sessionId, guest);
    const changed = differing(before, await contentsOf(storage));
    expect(changed.length).toBeGreaterThan(guests.length);
    expect(changed.filter((key) => !mover?.namespaces.includes(key.split(':')[0] ?? ''))).toEqual([]);
  });

  it('are counted and saved each by itself', async () => {
    const house = moveIn(await open());
    await visitAll(house);
    const all = guests.length;
    expect(await Promise.all(house.map(async ({ count }) => (await count?.()) ?? null))).toEqual([
      null,
      null,
      all,
      all,
      all,
    ]);
    const saved = await Promise.all(house.map(async ({ save }) => (await save?.()) ?? null));
    const report = { saved: all, failed: [] };
    expect(saved).toEqual([null, null, report, report, report]);
  });

  it('go on from a copy on another storage as they were, after a restart', async () => {
    const storage = await open();
    const house = moveIn(storage);
    const visits = await visitAll(house);
    const before = await Promise.all(visits.map(({ resident, guest, sessionId }) => resident.show(sessionId, guest)));
    const path = `${folder()}/copy.db`;
    {
      await using copy = sqliteStorage({ path });
      expect(await copyStorage(storage, copy, { verify: true })).toMatchObject({ failed: [], same: 0 });
    }
    await using restarted = sqliteStorage({ path });
    expect(differing(await contentsOf(storage), await contentsOf(restarted))).toEqual([]);
    const again = moveIn(restarted);
    const after = visits.map(async ({ resident, guest, sessionId }) =>
      again.find(({ name }) => name === resident.name)?.show(sessionId, guest),
    );
    expect(await Promise.all(after)).toEqual(before);
    expect(before).not.toContain(null);
    for (const resident of again) await resident.visit('a late guest');
  });
}

async function visitAll(house: readonly Resident[]): Promise<Visit[]> {
  const visits = house.flatMap((resident) =>
    guests.map(async (guest) => ({ resident, guest, sessionId: await resident.visit(guest) })),
  );
  return Promise.all(visits);
}
