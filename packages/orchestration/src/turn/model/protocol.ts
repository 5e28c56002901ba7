import type { Operation } from './operations.ts';
import type { Context, Pending } from './pending.ts';
import { answerBegin, startBegin } from './protocol-begin.ts';
import { answerDelete, startDelete } from './protocol-delete.ts';
import { answerFollow, startFollow } from './protocol-follow.ts';
import { answerRewind, startRewind } from './protocol-rewind.ts';
import { answerStop, startStop } from './protocol-stop.ts';
import { answerTurn } from './protocol-turn.ts';
import { answerUpdate, startUpdate } from './protocol-update.ts';
import type { Reply } from './reply.ts';
import type { Move, Task } from './tasks.ts';

/**
 * The turn protocol as pure functions: an operation begins with a commit, and each reply is answered with the next
 * commit or with a result. What a caller remembers in between is its task.
 */

export function start(operation: Operation, context: Context): Move {
  switch (operation.do) {
    case 'begin':
      return startBegin(operation, context);
    case 'stop':
      return startStop(operation, context);
    case 'update':
      return startUpdate(operation, context);
    case 'delete':
      return startDelete(operation, context);
    case 'rewind':
      return startRewind(operation, context);
    case 'follow':
      return startFollow(operation, context);
  }
}

export function answer(
  { task, pending }: { readonly task: Task; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  switch (task.role) {
    case 'begin':
      return answerBegin({ task, pending }, reply, context);
    case 'turn':
      return answerTurn({ task, pending }, reply, context);
    case 'stop':
      return answerStop(pending, reply, context);
    case 'update':
      return answerUpdate({ task, pending }, reply, context);
    case 'delete':
      return answerDelete({ task, pending }, reply, context);
    case 'rewind':
      return answerRewind({ task, pending }, reply, context);
    case 'follow':
      return answerFollow({ task, pending }, reply, context);
  }
}
