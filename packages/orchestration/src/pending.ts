import { refuseUnless, StateroomError } from '@stateroom/core';
import { z } from 'zod';
import type { OrchestrationState } from './orchestration-state.ts';

/** A tool call that waits for somebody outside: for an approval, or for its output, which a client has. */
export const PendingCall = z.object({
  /** The turn that asked, and waits. */
  turnId: z.string(),
  toolCallId: z.string(),
  toolName: z.string(),
  kind: z.enum(['approval', 'output']),
  /** What was asked, as a digest: an answer to anything else is none. */
  inputDigest: z.string(),
  /** Epoch milliseconds. */
  expiresAt: z.number(),
});
export type PendingCall = z.infer<typeof PendingCall>;

/** The answer to one pending call, as far as the rules look at it. */
export type PendingAnswer = Pick<PendingCall, 'toolCallId' | 'kind' | 'inputDigest'>;

/** The state of a turn that ends with these questions; those of before are not open any more. */
export function askFor(state: OrchestrationState, calls: readonly PendingCall[]): OrchestrationState {
  return { ...state, pending: [...calls] };
}

/** The calls that may be answered at this time. */
export function openCalls({ pending }: Pick<OrchestrationState, 'pending'>, now: number): PendingCall[] {
  return pending.filter(({ expiresAt }) => expiresAt > now);
}

/**
 * The state in which the questions of a turn are answered: each once, all at once. NOT_PENDING for an answer to what was
 * never asked, is answered or superseded; EXPIRED for one that comes too late; INVALID for another kind of answer, one
 * that is about another input, or when a question lacks its answer.
 */
export function takeAnswers(
  state: OrchestrationState,
  {
    turnId,
    answers,
    now,
  }: { readonly turnId: string; readonly answers: readonly PendingAnswer[]; readonly now: number },
): OrchestrationState {
  const asked = state.pending.filter((call) => call.turnId === turnId);
  for (const [index, answer] of answers.entries()) {
    const path = `answers[${index}]`;
    const call = asked.find(({ toolCallId }) => toolCallId === answer.toolCallId);
    if (call === undefined) throw new StateroomError('NOT_PENDING', `${path} answers no open question`, { path });
    const isSecond = answers.slice(0, index).some(({ toolCallId }) => toolCallId === answer.toolCallId);
    refuseUnless(!isSecond, path, 'is the second answer to one question');
    refuseUnless(call.kind === answer.kind, path, `is no answer to a question for an ${call.kind}`);
    refuseUnless(
      call.inputDigest === answer.inputDigest,
      path,
      'is about another input than the one that was asked for',
    );
    if (call.expiresAt <= now) throw new StateroomError('EXPIRED', `${path} comes too late; ask anew`, { path });
  }
  const left = asked.find(({ toolCallId }) => !answers.some((answer) => answer.toolCallId === toolCallId));
  refuseUnless(left === undefined, 'answers', `lack one to the call of "${left?.toolName}"; give all at once`);
  return askFor(state, []);
}
