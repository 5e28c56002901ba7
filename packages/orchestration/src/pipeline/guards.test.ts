import type { Change, StorageProvider, Transaction } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock, override } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { desk, logged, moment, mortal, name } from '../testing/pipelines/desk.ts';
import { pipelineKeys } from './pipeline-parts.ts';

type Kind = 'claim' | 'store' | 'renew' | 'other';
type Alter = (transaction: Transaction, kind: Kind) => Promise<Transaction> | Transaction;

const keys = pipelineKeys(desk(memoryStorage()).sessions.parts.keys('s'));

/** One storage whose clock can be put forward, reached by way of `alter`. */
function stage(alter: Alter) {
  const lapse = manualClock(0);
  const memory = memoryStorage({ clock: () => Date.now() + lapse.now() });
  let renewals = 0;
  const storage = override(memory, {
    commit: async (transaction) => {
      const kind = kindOf(transaction);
      const commit = await memory.commit(await alter(transaction, kind));
      if (kind === 'renew') renewals += 1;
      return commit;
    },
  });
  return { memory, storage, lapse: lapse.advance, renewals: () => renewals };
}

function kindOf({ checks, changes }: Transaction): Kind {
  const lease = keys.lease(name);
  const sets = changes.some((change) => change.key === keys.runs && change.type === 'set');
  if (checks.some(({ key }) => key === lease)) return sets ? 'store' : 'renew';
  return sets ? 'claim' : 'other';
}

/** Has commits of this kind no longer check a key: whatever is there is what they want to find. */
function unchecked(kind: Kind, key: string): (memory: () => StorageProvider) => Alter {
  return (memory) => async (transaction, of) => {
    if (of !== kind) return transaction;
    const [entry] = (await memory().read({ entries: [key] })).entries;
    const version = entry?.version ?? null;
    const checks = transaction.checks.map((check) => (check.key === key ? { key, version } : check));
    return { ...transaction, checks };
  };
}

/** Has no commit tell that a step has begun. */
const untold = () => (transaction: Transaction) => ({
  ...transaction,
  changes: transaction.changes.map((change): Change => {
    if (change.key !== keys.runs || change.type !== 'set') return change;
    return { ...change, value: change.value.replace(/"begun":\{[^}]*\}/, '"begun":null') };
  }),
});

type Scene = ReturnType<typeof stage>;
const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'stored',
    (error: { code?: string }) => error.code,
  );

/** A run whose only step goes on when it is told to. */
async function running({ storage }: Scene, options: Parameters<typeof desk>[1] = {}, runId = 'r') {
  const own = desk(storage, options);
  const [begun, goOn] = [moment(), moment()];
  const over = own.run([{ name: 'one', run: async () => (begun.happens(), goOn.come) }], { runId });
  const told = codeOf(over);
  await Promise.race([begun.come, told]);
  return { told, goOn: goOn.happens };
}

const storesLate = async (scene: Scene) => {
  await desk(scene.storage).create();
  const { told, goOn } = await running(scene);
  await scene.lapse(30_001);
  goOn();
  return told;
};

const storesInExpired = async (scene: Scene) => {
  await desk(scene.storage, { ttl: { idleMs: 1000 } }).create();
  const { told, goOn } = await running(scene, { ttl: { idleMs: 1000 } });
  const before = await scene.memory.read({ entries: [keys.runs] });
  await scene.lapse(1001);
  goOn();
  await told;
  const after = await scene.memory.read({ entries: [keys.runs] });
  return after.entries[0]?.version === before.entries[0]?.version ? 'untouched' : 'stored';
};

const takesOver = async (scene: Scene) => {
  await desk(scene.storage).create();
  const { goOn } = await running(scene, { leaseMs: 2000 });
  await scene.lapse(2001);
  const next = await running(scene, {}, 'next');
  // The first renews what is no longer its own.
  await expect.poll(scene.renewals, { timeout: 10_000 }).toBeGreaterThan(0);
  next.goOn();
  goOn();
  return next.told;
};

/** Another act comes between what a claim has read, and its commit. */
async function meanwhile(scene: Scene, act: () => Promise<unknown>) {
  let isDue = true;
  const late = override(scene.storage, {
    commit: async (transaction) => {
      if (kindOf(transaction) === 'claim' && isDue) {
        isDue = false;
        await act();
      }
      return scene.storage.commit(transaction);
    },
  });
  return codeOf(desk(late).run(logged([], 'one')));
}

const beginsInDeleted = async (scene: Scene) => {
  const own = desk(scene.storage);
  await own.create();
  await meanwhile(scene, () => own.sessions.deleteSession('s'));
  const { found } = await scene.memory.scan('desk:{', null, 10);
  return found.length === 0 ? 'nothing' : 'leftovers';
};

const beginsTwice = async (scene: Scene) => {
  await desk(scene.storage).create();
  const here: { told?: Promise<string | undefined>; goOn?: () => void } = {};
  const there = await meanwhile(scene, async () => Object.assign(here, await running(scene)));
  here.goOn?.();
  await here.told;
  return there;
};

const overwrites = async (scene: Scene) => {
  const own = desk(scene.storage);
  await own.create();
  const { told, goOn } = await running(scene);
  await own.run(logged([], 'x'), { name: 'other' });
  goOn();
  await told;
  return (await own.pipelines.get('s', { name: 'other' })).run?.status;
};

const runsAgain = async (scene: Scene) => {
  await desk(scene.storage).create();
  const dying = mortal(scene.storage);
  let times = 0;
  const steps = [
    {
      name: 'one',
      run: () => {
        times += 1;
        dying.die();
      },
    },
  ];
  await codeOf(desk(dying.storage, { leaseMs: 50 }).run(steps, { runId: 'r' }));
  await desk(scene.storage).run(steps, { runId: 'r' });
  return times;
};

describe('without a guard, a pipeline breaks a promise', () => {
  it.each([
    ['a store that checks the lease', unchecked('store', keys.lease(name)), storesLate, 'LEASE_LOST', 'stored'],
    ['a renewal that checks the lease', unchecked('renew', keys.lease(name)), takesOver, 'stored', 'LEASE_LOST'],
    ['a store that checks the guard', unchecked('store', keys.guard), storesInExpired, 'untouched', 'stored'],
    ['a store that checks what was seen', unchecked('store', keys.runs), overwrites, 'ok', undefined],
    ['a claim that checks the guard', unchecked('claim', keys.guard), beginsInDeleted, 'nothing', 'leftovers'],
    ['a claim that checks what was seen', unchecked('claim', keys.runs), beginsTwice, 'CONFLICT', 'stored'],
    ['a step that is told of before it begins', untold, runsAgain, 1, 2],
  ])('%s', async (_, without, plot, kept, broken) => {
    expect(await plot(stage((transaction) => transaction))).toBe(kept);
    const scene: { memory?: StorageProvider } = {};
    const memory = () => {
      if (scene.memory === undefined) throw new Error('the scene is not set');
      return scene.memory;
    };
    const altered = stage(without(memory));
    Object.assign(scene, altered);
    expect(await plot(altered)).toBe(broken);
  });
});
