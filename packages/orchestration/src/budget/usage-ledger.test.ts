import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { flaky, manualClock } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { hasRedis, redisNote, startRedis } from '../../../core/src/testing/servers/redis-server.ts';
import { OrchestrationStateManager } from '../orchestration-state-manager.ts';
import { BudgetKeeper } from './budget-keeper.ts';
import { tokensOf, within } from './spending.ts';
import { TurnAccount } from './turn-account.ts';
import { UsageLedger } from './usage-ledger.ts';

const hourMs = 60 * 60_000;
const windowMs = 24 * hourMs;

function ledgerOn(storage: StorageProvider, agentId = 'desk') {
  const { parts } = new OrchestrationStateManager({ storage, agentId }).sessions;
  const ledger = new UsageLedger({ parts, agentId, windowMs });
  const account = (owner = 'me') =>
    new TurnAccount({ append: (spendings) => ledger.append(owner, spendings), now: () => parts.now() });
  const spent = async (owner = 'me') => tokensOf(within(await ledger.read(owner), { now: parts.now(), windowMs }));
  return { ledger, account, spent, parts };
}

async function keyOf(storage: StorageProvider): Promise<string> {
  return (await ledgerOn(storage).parts.ledgerKeys({ owner: 'me', agentId: 'desk' })).list;
}

/** Many turns of one owner at once, on two managers, each settling several times, while old items are made fewer. */
async function spendAtOnce(storage: StorageProvider, other: StorageProvider) {
  const rooms = [ledgerOn(storage), ledgerOn(other)];
  const old = Array.from({ length: 200 }, (_, id) => ({ id: `${id}`, at: Date.now() - 2 * hourMs, tokens: 1 }));
  const key = await keyOf(storage);
  const items = [...old, ...old.slice(150)].map((spending) => JSON.stringify(spending));
  await storage.commit({ checks: [], changes: [{ type: 'append', key, items, ttlMs: windowMs }] });
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const account = rooms[index % 2]?.account();
      for (const total of [1, 3, 6]) await account?.settle(total);
    }),
  );
  const spent = await rooms[0]?.spent();
  // When it is quiet, nobody is in the way of making it shorter.
  const quiet = rooms[0]?.account();
  for (let total = 1; total <= 128; total++) await quiet?.settle(total);
  const left = await rooms[0]?.ledger.read('me');
  return { spent, later: await rooms[0]?.spent(), isShorter: (left?.length ?? 0) <= 90 + 128 + 64 };
}

const exact = { spent: 200 + 180, later: 200 + 180 + 128, isShorter: true };

describe('the ledger of an owner', () => {
  it('is exact when many spend at once: memory', async () => {
    const storage = memoryStorage();
    expect(await spendAtOnce(storage, storage)).toEqual(exact);
  });

  it('is exact when many spend at once: two connections to a SQLite file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stateroom-ledger-'));
    const path = join(folder, 'room.db');
    await using here = sqliteStorage({ path });
    await using there = sqliteStorage({ path });
    expect(await spendAtOnce(here, there)).toEqual(exact);
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!hasRedis)(`is exact when many spend at once: two clients of Redis${redisNote}`, async () => {
    const server = await startRedis();
    await using here = redisStorage({ url: server.url });
    await using there = redisStorage({ url: server.url });
    expect(await spendAtOnce(here, there)).toEqual(exact);
    await here.close();
    await there.close();
    await server.stop();
  });

  it('counts once what was sent again because replies were lost', async () => {
    const storage = memoryStorage();
    const { account, spent } = ledgerOn(flaky(storage, { losesReply: (commit) => commit % 2 === 1 }));
    const one = account();
    for (const total of [5, 9]) await one.settle(total);
    expect((await storage.read({ lists: [{ key: await keyOf(storage) }] })).lists[0]?.length).toBe(4);
    expect(await spent()).toBe(9);
  });

  it('is told with the next call what could not be stored with the last', async () => {
    const storage = memoryStorage();
    let isDown = true;
    const { account, spent } = ledgerOn(flaky(storage, { isDown: () => isDown }));
    const one = account();
    await expect(one.settle(5)).rejects.toMatchObject({ code: 'STORAGE' });
    isDown = false;
    await one.settle(5);
    await one.settle(5);
    await one.settle(8);
    expect(await spent()).toBe(8);
  });

  it('is one owner’s with one agent, and names neither', async () => {
    const storage = memoryStorage();
    await ledgerOn(storage).account('anna').settle(5);
    expect(await ledgerOn(storage).spent('anna')).toBe(5);
    expect(await ledgerOn(storage).spent('berta')).toBe(0);
    expect(await ledgerOn(storage, 'other').spent('anna')).toBe(0);
    const keys = (await storage.scan('', null, 10)).found.map(({ key }) => key);
    expect(keys).toEqual([expect.stringMatching(/^orchestration-state:ledger:\{[0-9a-f]{64}\}$/)]);
  });

  it('does not grow for ever, and is gone when nothing was spent for a window', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const { parts } = new OrchestrationStateManager({ storage }).sessions;
    const options = { parts: { ...partsOf(parts), now: clock.now }, agentId: 'desk', windowMs };
    const ledger = new UsageLedger(options);
    for (let turn = 0; turn < 1000; turn++) {
      await ledger.append('me', [{ id: `${turn}`, at: clock.now(), tokens: 1 }]);
      await clock.advance(windowMs / 20);
      expect((await ledger.read('me')).length).toBeLessThan(65 + 20 + 128);
    }
    await clock.advance(windowMs + hourMs);
    expect((await storage.scan('orchestration-state:ledger:', null, 10)).found.map(({ key }) => key)).toEqual([]);
  });

  it('is not taken for empty when it cannot be read', async () => {
    const storage = memoryStorage();
    const { ledger } = ledgerOn(storage);
    const key = await keyOf(storage);
    await storage.commit({ checks: [], changes: [{ type: 'append', key, items: ['{"id":'], ttlMs: null }] });
    await expect(ledger.read('me')).rejects.toMatchObject({ code: 'INVALID_STATE', path: 'ledger' });
    await storage.close();
    await expect(ledger.read('me')).rejects.toMatchObject({ code: 'STORAGE' });
  });
});

describe('an agent without a budget for owners', () => {
  it('asks the storage for nothing', async () => {
    const storage = flaky(memoryStorage(), { isDown: () => true });
    const { sessions } = new OrchestrationStateManager({ storage, agentId: 'desk' });
    const keeper = new BudgetKeeper({ sessions, agentId: 'desk', budget: { perSession: { tokens: 5 } } });
    await keeper.admission('me').ofOwner();
    expect(keeper.account('me')).toBeNull();
  });
});

type Parts = ReturnType<typeof ledgerOn>['parts'];

/** As an object of its own, whose clock can be another. */
function partsOf(parts: Parts): Pick<Parts, 'ledgerKeys' | 'commit' | 'mint'> {
  return {
    ledgerKeys: (access) => parts.ledgerKeys(access),
    commit: (transaction) => parts.commit(transaction),
    mint: () => parts.mint(),
  };
}
