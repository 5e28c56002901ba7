/** One of several processes that talk in the same sessions at once, over a bad network, until it is killed. */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageProvider, Transaction } from '@stateroom/core';
import { flaky, override } from '@stateroom/core/testing';
import { rooms } from '../rooms.ts';
import type { Operation } from '../schedules/operations.ts';
import { operate } from '../turns/operate.ts';
import { Random } from './random.ts';
import { randomOperation } from './random-operation.ts';
import { roomKindOf, roomKinds, roomName } from './rooms-of.ts';
import type { WorkerReport, WorkerTask } from './worker-reports.ts';

const task: WorkerTask = JSON.parse(process.argv[2] ?? '{}');
const random = new Random(task.seed);
const lanes = 3;

function report(what: WorkerReport): void {
  process.send?.(what);
}

function broken(error: unknown): void {
  report({ type: 'broken', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

process.on('unhandledRejection', broken);
process.on('uncaughtException', broken);
process.on('disconnect', () => process.exit(0));

async function open(): Promise<StorageProvider> {
  const { engine, target } = task;
  if (engine === 'sqlite')
    return (await import('@stateroom/core/sqlite')).sqliteStorage({ path: target, busyTimeoutMs: 1000 });
  return (await import('@stateroom/core/redis')).redisStorage({ url: target, timeoutMs: 1000 });
}

/** Loses replies, is not reached, and sends again later what has long been answered. */
function unreliable(storage: StorageProvider): StorageProvider {
  const happens = (what: 'lost reply' | 'unreachable' | 'late copy', probability: number) => {
    const isNow = random.next() < probability;
    if (isNow) report({ type: 'fault', what });
    return isNow;
  };
  const faulty = flaky(storage, {
    losesReply: () => happens('lost reply', 0.03),
    isUnreachable: () => happens('unreachable', 0.01),
  });
  const repeat = async (transaction: Transaction) => {
    await delay(random.between(0, 900));
    await storage.commit(transaction).catch(() => {});
  };
  return override(faulty, {
    commit: (transaction) => {
      if (transaction.changes.length > 0 && happens('late copy', 0.03)) void repeat(transaction);
      return faulty.commit(transaction);
    },
  });
}

async function live(room: ReturnType<typeof rooms>, lane: number): Promise<never> {
  for (let number = 0; ; number++) {
    const sessionId = roomName(random.below(roomKinds.length), task.startedAt);
    const operation = randomOperation(random, roomKindOf(sessionId));
    const id = `${task.name}.${lane}.${number}`;
    const since = Date.now();
    const what = takingOf(operation);
    if (what !== null) report({ type: 'asked', room: sessionId, id, what });
    const outcome = await operate(operation, id, {
      room,
      sessionId,
      tell: (account) => report({ type: 'told', room: sessionId, since, account }),
      sleep: (ms) => delay(ms * random.next()),
    }).catch((error: unknown) => {
      broken(error);
      return 'broken';
    });
    if (what !== null && isAnswer(outcome)) report({ type: 'answered', room: sessionId, id, what });
    if (outcome === 'NOT_FOUND' || operation.do === 'delete')
      await operate({ do: 'create' }, id, { room, sessionId, tell: () => {}, sleep: delay });
    report({ type: 'outcome', outcome: `${operation.do}: ${outcome}` });
    await delay(random.between(0, 40));
  }
}

function takingOf(operation: Operation): 'rewind' | 'delete' | null {
  if (operation.do === 'rewind' || operation.do === 'delete') return operation.do;
  return operation.do === 'begin' && operation.replacesAfter !== undefined ? 'rewind' : null;
}

/** Of what nobody knows whether it took effect, there is no answer. */
function isAnswer(outcome: string): boolean {
  return !['STORAGE', 'TIMEOUT', 'UNKNOWN_OUTCOME', 'broken'].includes(outcome);
}

const limits = { leaseMs: task.leaseMs, queueWaitMs: 3000, streamTtlMs: 24 * 60 * 60_000 };
const room = rooms(unreliable(await open()), limits);
await Promise.all(Array.from({ length: lanes }, (_, lane) => live(room, lane)));
