/** One of several processes on one storage: counts, appends, and takes a lease, over a network that loses replies. */
import { isStateroomError } from '../errors.ts';
import { manage } from '../session/test-sessions.ts';
import { flaky } from '../testing/flaky.ts';
import type { Check, StorageEntry, StorageProvider } from './provider.ts';

/** How it is told what to do. */
export type Task = {
  readonly engine: 'sqlite' | 'redis' | 'upstash';
  readonly target: string;
  readonly token: string;
  readonly name: string;
  readonly seed: number;
  readonly rounds: number;
  /** Of ten commits so many lose their replies. */
  readonly lostOfTen: number;
};

/** What it says that it did; `unknown` is what may have happened. */
export type Account = {
  readonly done: readonly string[];
  readonly unknown: readonly string[];
  readonly leases: number;
};

const task: Task = JSON.parse(process.argv[2] ?? '{}');
const random = randomFrom(task.seed);

/** The same numbers from 0 to 1 for the same seed: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

async function open({ engine, target, token }: Task): Promise<StorageProvider> {
  if (engine === 'sqlite') return (await import('./sqlite.ts')).sqliteStorage({ path: target });
  if (engine === 'redis') return (await import('./redis.ts')).redisStorage({ url: target });
  return (await import('./upstash.ts')).upstashStorage({ url: target, token });
}

async function countAndAppend(storage: StorageProvider): Promise<Pick<Account, 'done' | 'unknown'>> {
  const sessions = manage(storage);
  const done: string[] = [];
  const unknown: string[] = [];
  for (let round = 0; round < task.rounds; round++) {
    const item = `${task.name}.${round}`;
    const increment = (state: { count: number }) => ({ count: state.count + 1 });
    const result = await sessions.updateSession('shared', increment, { append: { log: [item] } });
    if (result.success) done.push(item);
    else if (result.error.code === 'UNKNOWN_OUTCOME') unknown.push(item);
    else throw result.error;
  }
  return { done, unknown };
}

/** Takes the lease, writes that it entered and that it left under it, and gives it back; how often it had it. */
async function takeLeases(storage: StorageProvider): Promise<number> {
  for (let leases = 0; ; leases++) {
    if (leases === task.rounds / 5) return leases;
    const held = await acquire(storage, `${task.name}.${leases}`);
    await commitOnce(storage, held, { append: `enter ${task.name}` });
    await commitOnce(storage, held, { append: `leave ${task.name}` });
    await commitOnce(storage, held, { free: `${held}.free` });
  }
}

const lease = 'room:{lease}';
const visits = 'room:{lease}:visits';

async function acquire(storage: StorageProvider, version: string): Promise<string> {
  let seen: StorageEntry | null = (await storage.read({ entries: [lease] })).entries[0] ?? null;
  for (;;) {
    if (seen?.version === version) return version;
    if (seen !== null && seen.value !== '') {
      await new Promise((resolve) => setTimeout(resolve, random() * 5));
      seen = (await storage.read({ entries: [lease] })).entries[0] ?? null;
      continue;
    }
    const check: Check = { key: lease, version: seen?.version ?? null };
    const set = { type: 'set', key: lease, value: task.name, version, ttlMs: null } as const;
    const commit = await settled(() => storage.commit({ checks: [check], changes: [set] }));
    if (commit.committed) return version;
    const refusal = commit.refused[0];
    seen = refusal !== undefined && 'entry' in refusal ? refusal.entry : null;
  }
}

/** Under the lease, and once: an append carries the length that it adds to, the release is known by its version. */
async function commitOnce(
  storage: StorageProvider,
  held: string,
  what: { readonly append: string } | { readonly free: string },
): Promise<void> {
  const { length } = (await storage.read({ lists: [{ key: visits }] })).lists[0] ?? { length: 0 };
  const holds: Check = { key: lease, version: held };
  const commit = await settled(() =>
    storage.commit(
      'append' in what
        ? {
            checks: [holds, { key: visits, length }],
            changes: [{ type: 'append', key: visits, items: [what.append], ttlMs: null }],
          }
        : { checks: [holds], changes: [{ type: 'set', key: lease, value: '', version: what.free, ttlMs: null }] },
    ),
  );
  if (commit.committed) return;
  // Sent again after a lost reply, it refuses itself: the list has its item, the lease its new version.
  const { entries, lists } = await storage.read({ entries: [lease], lists: [{ key: visits }] });
  const isDone = 'append' in what ? lists[0]?.items[length] === what.append : entries[0]?.version !== held;
  if (!isDone) throw new Error(`the lease ${held} was lost`);
}

async function settled<R>(commit: () => Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await commit();
    } catch (error) {
      if (!isStateroomError(error) || error.code !== 'UNKNOWN_OUTCOME') throw error;
    }
  }
}

await using storage = await open(task);
const network = flaky(storage, { losesReply: () => random() * 10 < task.lostOfTen });
const [{ done, unknown }, leases] = await Promise.all([countAndAppend(network), takeLeases(network)]);
process.stdout.write(JSON.stringify({ done, unknown, leases } satisfies Account));
