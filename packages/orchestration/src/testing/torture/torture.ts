import { setTimeout as delay } from 'node:timers/promises';
import type { StorageProvider } from '@stateroom/core';
import { rooms } from '../rooms.ts';
import { operate } from '../turns/operate.ts';
import { readRoom } from '../turns/room-state.ts';
import { type Engine, type EngineFault, startEngine } from './engine.ts';
import { Random } from './random.ts';
import { checkRoom, type Violations } from './room-check.ts';
import { Tally } from './tally.ts';
import type { EngineName } from './worker-reports.ts';
import { Workers } from './workers.ts';

export type TortureOptions = {
  readonly engine: EngineName;
  readonly seed: number;
  /** Whichever comes first ends the run. */
  readonly faults: number;
  readonly seconds: number;
};

/** What a run has come to: counts, and the violations themselves, of which there should be none. */
export type TortureSummary = {
  readonly engine: EngineName;
  readonly seed: number;
  readonly seconds: number;
  readonly workers: number;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly acknowledgedByKind: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly rooms: number;
  /** Of those who came when all were dead: until their turns had begun and ended. */
  readonly slowestVisitMs: number;
  /** Stored at the end, by how they ended. */
  readonly turns: Readonly<Record<string, number>>;
  readonly violations: { readonly [Kind in keyof Violations | 'stuck' | 'broken']: number };
  readonly examples: readonly string[];
};

const workerCount = 4;
const leaseMs = 400;
/** Much longer than the lease, and the five seconds for which a dead waiter keeps its place: the machine may be slow. */
const patienceMs = 30_000;

/** Runs turns in many processes while everything fails, then reads everything. */
export async function runTorture({ engine: name, seed, faults, seconds }: TortureOptions): Promise<TortureSummary> {
  const engine = await startEngine(name, workerCount);
  try {
    const tally = new Tally();
    const startedAt = Date.now();
    const workers = new Workers({ engine, tally, seed, startedAt, leaseMs, count: workerCount });
    const isOver = () => tally.faultCount >= faults || Date.now() - startedAt > seconds * 1000;
    await storm({ engine, tally, workers, isOver, random: new Random(seed) });
    await workers.killAll();
    await using storage = await engine.open();
    const found = await judge(storage, tally);
    const summary = {
      engine: name,
      seed,
      seconds: Math.round((Date.now() - startedAt) / 1000),
      workers: workers.hired,
    };
    return { ...summary, ...countsOf(tally), ...found };
  } finally {
    await engine.stop();
  }
}

type Storm = {
  readonly engine: Engine;
  readonly tally: Tally;
  readonly workers: Workers;
  readonly random: Random;
  readonly isOver: () => boolean;
};

type Fault = 'killed' | 'paused' | EngineFault;

/** One fault after the other, some of which last while the next begin. Each kind comes once before chance decides. */
async function storm({ engine, tally, workers, random, isOver }: Storm): Promise<void> {
  const kinds = [[3, 'killed'], [25, 'paused'], ...engine.faults] as const satisfies readonly (readonly [
    number,
    Fault,
  ])[];
  const first = kinds.map(([, kind]) => kind);
  // There has to be something that can be disturbed.
  while ((tally.accounts['ended'] ?? 0) < workerCount && !isOver()) await delay(50);
  while (!isOver()) {
    const what = first.pop() ?? random.weighted<Fault>(kinds);
    const worker = random.below(workerCount);
    const ms = random.between(20, 1200);
    tally.fault(what);
    if (what === 'killed') workers.kill(worker);
    else if (what === 'paused') workers.pause(worker, ms);
    else await engine.fail(what, worker, ms);
    await delay(random.between(10, 80));
    await progress(tally);
  }
}

/** Waits until something was acknowledged, if not for ever: faults that hit nobody prove nothing. */
async function progress(tally: Tally): Promise<void> {
  const before = tally.acknowledged;
  for (let waits = 0; waits < 40 && tally.acknowledged === before; waits++) await delay(25);
}

function countsOf({ faultCount, faults, acknowledged, accounts, outcomes }: Tally) {
  return {
    faults: faultCount,
    faultsByKind: faults,
    acknowledged,
    acknowledgedByKind: accounts,
    outcomes,
  };
}

/** Everybody is dead; somebody new comes to each session, and then all of it is read. */
async function judge(storage: StorageProvider, tally: Tally) {
  const found: { [Kind in keyof TortureSummary['violations']]: string[] } = {
    lost: [],
    doubled: [],
    foreign: [],
    invalid: [],
    stuck: [],
    broken: tally.broken,
  };
  const turns: Record<string, number> = {};
  const audience = rooms(storage, { leaseMs, queueWaitMs: patienceMs, maxQueue: 1000 });
  const names = [...tally.told.keys()].toSorted();
  const visits = await visitAll(audience, names);
  for (const { sessionId, outcome } of visits)
    if (outcome !== 'ended') found.stuck.push(`${sessionId}: a new turn has ${outcome}`);
  for (const sessionId of names) {
    const room = await readRoom(storage, audience.sessions.parts.keys(sessionId));
    for (const { status } of room.turns) turns[status] = (turns[status] ?? 0) + 1;
    const told = tally.told.get(sessionId) ?? [];
    const takings = [...(tally.takings.get(sessionId)?.values() ?? [])];
    const { lost, doubled, foreign, invalid } = checkRoom(room, { told, takings });
    for (const [kind, faults] of Object.entries({ lost, doubled, foreign, invalid } satisfies Violations)) {
      // Of an object literal of these keys alone.
      found[kind as keyof Violations].push(...faults.map((fault) => `${sessionId}: ${fault}`));
    }
  }
  const slowestVisitMs = Math.round(Math.max(0, ...visits.map(({ ms }) => ms)));
  return { rooms: names.length, slowestVisitMs, turns, ...summed(found) };
}

function summed(found: { readonly [Kind in keyof TortureSummary['violations']]: readonly string[] }) {
  const { lost, doubled, foreign, invalid, stuck, broken } = found;
  const violations = {
    lost: lost.length,
    doubled: doubled.length,
    foreign: foreign.length,
    invalid: invalid.length,
    stuck: stuck.length,
    broken: broken.length,
  };
  return { violations, examples: Object.values(found).flatMap((faults) => faults.slice(0, 5)) };
}

type Visit = { readonly sessionId: string; readonly outcome: string; readonly ms: number };

/** A few at a time: a crowd would lose its leases to the length of its own line. */
async function visitAll(room: ReturnType<typeof rooms>, names: readonly string[]): Promise<readonly Visit[]> {
  const left = [...names];
  const visits: Visit[] = [];
  const visitors = Array.from({ length: workerCount }, async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) visits.push(await visit(room, name));
  });
  await Promise.all(visitors);
  return visits;
}

async function visit(room: ReturnType<typeof rooms>, sessionId: string): Promise<Visit> {
  const operator = { room, sessionId, tell: () => {}, sleep: delay };
  const begin = { do: 'begin', acts: [], ending: 'completed', leavesAfterMs: null, overlap: 'enqueue' } as const;
  await operate({ do: 'create' }, 'probe', operator);
  const from = performance.now();
  let outcome = 'STORAGE';
  // On a machine that stands still for longer than a lease, this one is lost as any other.
  for (let tries = 1; tries <= 3 && (outcome === 'STORAGE' || outcome === 'LEASE_LOST'); tries++)
    outcome = await operate({ ...begin, messageId: `probe${tries}` }, `probe${tries}`, operator);
  return { sessionId, outcome, ms: performance.now() - from };
}
