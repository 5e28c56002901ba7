import type { Stop } from './operations.ts';
import { type Context, type Draft, type Pending, pendingOf, tookEffect } from './pending.ts';
import type { Reply } from './reply.ts';
import { mailbox } from './seen-session.ts';
import { guardVersion } from './stored.ts';
import type { Move } from './tasks.ts';

/** Anybody who stops a turn: by a letter to it, whether it runs, waits, or is not there. */

export function startStop(operation: Stop, context: Context): Move {
  const { turn } = operation;
  const draft: Draft = {
    note: { act: 'stop', turn },
    checks: [{ guard: 'stop.guard', key: 'guard', version: guardVersion }],
    changes: [{ type: 'append', key: mailbox(turn, context), items: ['stopped'], life: 'letter' }],
  };
  return { task: { role: 'stop', operation }, pending: pendingOf(draft, context) };
}

export function answerStop(pending: Pending, reply: Reply, context: Context): Move {
  return { result: tookEffect(pending, reply, context) ? 'asked' : 'not_found' };
}
