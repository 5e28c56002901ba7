import { isStateroomError, StateroomError, unwrap } from '@stateroom/core';
import type { NotBegun } from '../../turn/overlap.ts';
import { answersTo } from '../../turn/turn-id.ts';
import { type rooms, tell as tellState, type Told } from '../rooms.ts';
import type { Operation } from '../schedules/operations.ts';
import type { Tell } from './accounts.ts';
import { TurnRunner } from './turn-runner.ts';
import { answeredToken, outsiderToken, questionToken, userItem, Word } from './vocabulary.ts';

export type Operator = {
  readonly room: ReturnType<typeof rooms>;
  readonly sessionId: string;
  readonly tell: Tell;
  readonly sleep: (ms: number) => Promise<void>;
};

/** What every caller has to reckon with, on a bad network and among others who do the same. */
const expectedCodes = [
  'NOT_FOUND',
  'NOT_PENDING',
  'CONFLICT',
  'INVALID',
  'NO_CHECKPOINT',
  'STORAGE',
  'TIMEOUT',
  'UNKNOWN_OUTCOME',
];

/** What an operation came to, in a word: its answer, or the code of what it threw. Throws what nobody reckons with. */
export async function operate(operation: Operation, by: string, operator: Operator): Promise<string> {
  try {
    return await perform(operation, by, operator);
  } catch (error) {
    if (isStateroomError(error) && expectedCodes.includes(error.code)) return error.code;
    throw error;
  }
}

async function perform(operation: Operation, by: string, operator: Operator): Promise<string> {
  const { room, sessionId, tell, sleep } = operator;
  const { sessions, turns, access } = room;
  switch (operation.do) {
    case 'begin':
      return begin(operation, by, operator);
    case 'answer':
      return goOn(operation, by, operator);
    case 'follow':
      return follow(`${operation.messageId}#1`, operator);
    case 'stop':
      return turns.stop(sessionId, { ...access, turnId: `${operation.messageId}#1` });
    case 'rewind': {
      const gone = await turns.rewind(sessionId, { ...access, turnId: turnIdBefore(operation.messageId) });
      tell({ type: 'rewound', gone: gone.map((turn) => turn.turnId) });
      return 'rewound';
    }
    case 'update': {
      const token = outsiderToken(by);
      unwrap(await sessions.updateSession(sessionId, tellState(token), access));
      tell({ type: 'updated', token });
      return 'updated';
    }
    case 'delete': {
      const wasThere = unwrap(await sessions.deleteSession(sessionId, access)).data;
      if (wasThere) tell({ type: 'deleted' });
      return 'deleted';
    }
    case 'create':
      unwrap(await sessions.createSession({ ...access, sessionId, ifExists: 'return' }));
      return 'created';
    case 'wait':
      await sleep(operation.ms);
      return 'waited';
  }
}

async function begin(
  operation: Extract<Operation, { do: 'begin' }>,
  by: string,
  { room, sessionId, tell, sleep }: Operator,
): Promise<string> {
  const { overlap, acts, ending, leavesAfterMs, replacesAfter } = operation;
  const messageId = replacesAfter === undefined ? operation.messageId : `edit-${by}`;
  const leaving = new AbortController();
  if (leavesAfterMs !== null) void sleep(leavesAfterMs).then(() => leaving.abort());
  const begun = await room.turns.begin(sessionId, {
    ...room.access,
    messageId,
    overlap,
    input: [userItem(messageId)],
    signal: leaving.signal,
    ...(replacesAfter !== undefined && { replacing: { after: turnIdBefore(replacesAfter) } }),
  });
  if (begun.status !== 'started') {
    tellNotBegun(messageId, begun, tell);
    return begun.status;
  }
  const loss = await new TurnRunner(begun.turn, by, tell).run(acts, ending, () => sleep(300));
  return loss ?? 'ended';
}

async function goOn(
  { messageId, acts, ending }: Extract<Operation, { do: 'answer' }>,
  by: string,
  { room, sessionId, tell, sleep }: Operator,
): Promise<string> {
  const answers = answersOf(messageId);
  const begun = await room.turns.begin(sessionId, { ...room.access, ...answers });
  if (begun.status === 'started')
    return (await new TurnRunner(begun.turn, by, tell).run(acts, ending, () => sleep(300))) ?? 'ended';
  tellNotBegun(answers.messageId, begun, tell);
  return begun.status;
}

/** The answers to what the first turn of a message waits for, which take its question out of the state. */
export function answersOf(message: string) {
  const turnId = `${message}#1`;
  const messageId = answersTo(turnId);
  const change = (state: Told) => {
    const isOpen = state.told.includes(questionToken(turnId)) && !state.told.includes(answeredToken(turnId));
    if (!isOpen) throw new StateroomError('NOT_PENDING', 'there is no such question');
    return tellState(answeredToken(turnId))(state);
  };
  return { messageId, input: [userItem(messageId)], answering: { turnId, change } };
}

function turnIdBefore(messageId: string | null): string | null {
  return messageId === null ? null : `${messageId}#1`;
}

function tellNotBegun(messageId: string, notBegun: NotBegun, tell: Tell): void {
  const { status, turnId } = notBegun;
  if (status === 'steered') tell({ type: status, messageId, turnId });
  if (status === 'finished') tell({ type: status, turnId, status: notBegun.outcome });
  if (status === 'running') tell({ type: status, turnId });
}

async function follow(turnId: string, { room, sessionId, tell }: Operator): Promise<string> {
  const words: Word[] = [];
  const following = room.turns.follow(sessionId, { ...room.access, turnId });
  for (;;) {
    const next = await following.next();
    if (next.done === true) {
      const { status, isLogGone } = next.value;
      tell({ type: 'followed', turnId, words, status, isLogGone });
      return `followed ${status}`;
    }
    words.push(...next.value.chunks.map((chunk) => Word.parse(chunk)));
  }
}
