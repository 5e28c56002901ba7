import { attemptOf, messageIdOf, type TurnRecord, type TurnView } from '@stateroom/orchestration';
import { isToolUIPart } from 'ai';
import { RequestError } from '../http/error-response.ts';
import { messagesIn } from './transcript.ts';

/** A message of the transcript, with what is to go for it to be answered anew. */
export type AnsweredMessage = {
  readonly messageId: string;
  /** Its items, as they stand in the transcript. */
  readonly input: readonly unknown[];
  /** The turn before it; null where it is the first. */
  readonly turnBefore: string | null;
  /** The number of the next attempt to answer it. */
  readonly attempt: number;
  /** The last turn, where it came to nothing after tools had worked, of which the model is to know; null else. */
  readonly brokenOff: TurnRecord | null;
};

/**
 * The message that is named, or whose answer is; the last one where none is named. Null where no turn that is over was
 * about it. CONFLICT for one that was taken along by the turn of another: it cannot be taken back by itself.
 */
export function findAnswered(
  past: readonly TurnRecord[],
  { messages: { items } }: Pick<TurnView<unknown>, 'messages'>,
  target: string | null,
): AnsweredMessage | null {
  const all = messagesIn(items);
  const place = all.findLastIndex(({ id }) => target === null || id === target);
  const turn = past.findLast(({ messages: { from, to } }) => from <= place && place < to);
  if (turn === undefined) return null;
  const messageId = messageIdOf(originOf(past, turn).turnId);
  const asked = all.slice(0, place + 1).findLast(({ role }) => role === 'user')?.id;
  if (asked !== undefined && turn.taken.includes(asked)) throw new RequestError('CONFLICT', taken);
  const attempts = past.filter(({ turnId }) => messageIdOf(turnId) === messageId);
  const first = past.findIndex(({ turnId }) => messageIdOf(turnId) === messageId);
  const from = past[first]?.messages.from ?? 0;
  const input = items.slice(from).filter((item) => messagesIn([item])[0]?.id === messageId);
  if (input.length === 0) return null;
  const last = past.at(-1);
  const isOfIt = last !== undefined && messageIdOf(originOf(past, last).turnId) === messageId;
  const canGoOn = isOfIt && isBrokenOff(last) && hasToolCalls(items.slice(from));
  return {
    messageId,
    input,
    turnBefore: past[first - 1]?.turnId ?? null,
    attempt: Math.max(...attempts.map(({ turnId }) => attemptOf(turnId))) + 1,
    brokenOff: canGoOn ? last : null,
  };
}

type Chained = Pick<TurnRecord, 'turnId' | 'parentTurnId'>;

/** The turn of the user's message, of one that goes on with answers to what that has asked. */
export function originOf(past: readonly TurnRecord[], turn: Chained): Chained {
  const parent = past.find(({ turnId }) => turnId === turn.parentTurnId);
  return parent === undefined ? turn : originOf(past, parent);
}

const taken = 'this message was taken along in the answer to another; send a new one, or change that other one';

function isBrokenOff({ status }: TurnRecord): boolean {
  return status === 'crashed' || status === 'failed';
}

function hasToolCalls(items: readonly unknown[]): boolean {
  return messagesIn(items).some(({ parts = [] }) => parts.some((part) => isToolUIPart(part)));
}
