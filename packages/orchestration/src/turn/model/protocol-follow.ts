import type { Follow } from './operations.ts';
import { type Context, type Draft, type Pending, pendingOf } from './pending.ts';
import type { Reply } from './reply.ts';
import { guardVersion, markOf, streamOf } from './stored.ts';
import type { FollowTask, Move } from './tasks.ts';

/** A reader of a turn's stream: each poll is one snapshot of what is new in it and of whether the turn is still there. */

export function startFollow(operation: Follow, context: Context): Move {
  return look({ role: 'follow', operation, chunks: [], half: 'stream' }, context);
}

export function answerFollow(
  { task: before, pending }: { readonly task: FollowTask; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  const { turn } = before.operation;
  const hasStream = pending.reads.lists.length > 0;
  const chunks = hasStream ? [...before.chunks, ...reply.items(streamOf(turn))] : before.chunks;
  const task: FollowTask = { ...before, chunks, half: hasStream ? 'status' : 'stream' };
  if (pending.reads.entries.length === 0) return look(task, context);
  if (chunks.at(-1)?.startsWith('end:') === true) return { result: 'followed', chunks };
  if (reply.entry('guard')?.version !== guardVersion) return { result: 'not_found' };
  if (reply.shows(markOf(turn))) return { result: 'followed', chunks };
  if (reply.entry('run')?.value.turn !== turn) return { result: 'unknown_turn' };
  return reply.shows('lease') ? look(task, context) : { result: 'died' };
}

function look(task: FollowTask, context: Context): Move {
  const { turn } = task.operation;
  const isHalved = context.off.has('follow.snapshot');
  const entries = ['guard', 'run', 'lease', markOf(turn)] as const;
  const lists = [{ key: streamOf(turn), start: task.chunks.length }];
  const draft: Draft = {
    note: { act: 'read' },
    entries: isHalved && task.half === 'stream' ? [] : entries,
    lists: isHalved && task.half === 'status' ? [] : lists,
  };
  return { task, pending: pendingOf(draft, context) };
}
