import { describe, expect, it } from 'vitest';
import { askFor, openCalls, type PendingAnswer, type PendingCall, takeAnswers } from './pending.ts';
import { initialOrchestrationState } from './rules.ts';

const call = (toolCallId: string, more: Partial<PendingCall> = {}): PendingCall => ({
  turnId: 'm1#1',
  toolCallId,
  toolName: 'refund',
  kind: 'approval',
  inputDigest: `digest of ${toolCallId}`,
  expiresAt: 1000,
  ...more,
});
const asked = askFor(initialOrchestrationState(null, 's'), [call('a'), call('b', { kind: 'output', expiresAt: 2000 })]);
const answer = (toolCallId: string, more: Partial<PendingAnswer> = {}): PendingAnswer => ({
  toolCallId,
  kind: toolCallId === 'b' ? 'output' : 'approval',
  inputDigest: `digest of ${toolCallId}`,
  ...more,
});
const take = (answers: readonly PendingAnswer[], { turnId = 'm1#1', now = 500 } = {}) =>
  takeAnswers(asked, { turnId, answers, now });

describe('answers to pending calls', () => {
  it('are taken once, all at once, in any order', () => {
    const taken = take([answer('b'), answer('a')]);
    expect(taken).toEqual({ ...asked, pending: [] });
    expect(() => takeAnswers(taken, { turnId: 'm1#1', answers: [answer('a')], now: 500 })).toThrow(
      expect.objectContaining({ code: 'NOT_PENDING', path: 'answers[0]' }),
    );
  });

  it('are in time until the moment at which the first expires', () => {
    expect(take([answer('a'), answer('b')], { now: 999 }).pending).toEqual([]);
  });

  it.each([
    ['to what was never asked', [answer('a'), answer('c')], {}, 'NOT_PENDING', 'answers[1]'],
    ['to the question of another turn', [answer('a'), answer('b')], { turnId: 'm0#1' }, 'NOT_PENDING', 'answers[0]'],
    ['to one of two', [answer('a')], {}, 'INVALID', 'answers'],
    ['to none', [], {}, 'INVALID', 'answers'],
    ['twice to one', [answer('a'), answer('a')], {}, 'INVALID', 'answers[1]'],
    ['of another kind', [answer('a', { kind: 'output' }), answer('b')], {}, 'INVALID', 'answers[0]'],
    ['about another input', [answer('a', { inputDigest: 'x' }), answer('b')], {}, 'INVALID', 'answers[0]'],
    ['too late for one', [answer('a'), answer('b')], { now: 1000 }, 'EXPIRED', 'answers[0]'],
  ])('%s', (_name, answers, when, code, path) => {
    expect(() => take(answers, when)).toThrow(expect.objectContaining({ code, path }));
  });

  it('are wanted until each call has expired', () => {
    const openAt = (now: number) => openCalls(asked, now).map(({ toolCallId }) => toolCallId);
    expect([openAt(999), openAt(1000), openAt(2000)]).toEqual([['a', 'b'], ['b'], []]);
  });
});
