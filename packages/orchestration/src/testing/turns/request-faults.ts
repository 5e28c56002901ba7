import type { Operation } from '../schedules/operations.ts';
import type { RoomState } from './room-state.ts';
import { messageIdOf } from '../../turn/turn-id.ts';

/** Turns that have ended as if they were asked to, and nobody has asked for that. */
export function requestFaults(operations: readonly Operation[], { turns }: Pick<RoomState, 'turns'>): string[] {
  const isAsked = (turnId: string, status: string) =>
    operations.some((operation) => {
      if (operation.do === 'stop') return status === 'stopped' && turnId === `${operation.messageId}#1`;
      if (operation.do !== 'begin') return false;
      const isAnother = operation.replacesAfter !== undefined || operation.messageId !== messageIdOf(turnId);
      if (operation.overlap === 'interrupt') return status === 'interrupted' && isAnother;
      return operation.overlap === 'rollback' && status === 'rolled_back';
    });
  return turns.flatMap(({ turnId, status }) => {
    const isRequest = status === 'stopped' || status === 'interrupted' || status === 'rolled_back';
    return isRequest && !isAsked(turnId, status) ? [`${turnId} has ${status}, and nobody asked for it`] : [];
  });
}
