import type { ToolCall } from '@stateroom/orchestration';
import { closeMessage, hasResult } from './transcript.ts';
import { getToolName, isToolUIPart, type UIMessage, type UIMessageChunk } from 'ai';

/** An answer as those who follow are told of it, and the call that it ends, where the client has carried that out. */
export type ToldAnswer = { readonly chunk: UIMessageChunk; readonly call: ToolCall | null };

export function toldOf(answered: UIMessage | null): ToldAnswer[] {
  return (answered?.parts ?? []).flatMap((part): ToldAnswer[] => {
    if (!isToolUIPart(part)) return [];
    const { toolCallId } = part;
    const tool = getToolName(part);
    if (part.state === 'approval-responded') {
      const { id: approvalId, approved, reason } = part.approval;
      const answer = { approvalId, approved, ...(reason !== undefined && { reason }) };
      return [{ chunk: { type: 'tool-approval-response', ...answer }, call: null }];
    }
    if (part.state === 'output-available') {
      const { output } = part;
      return [{ chunk: { type: 'tool-output-available', toolCallId, output }, call: { tool, ok: true } }];
    }
    if (part.state === 'output-denied') return [{ chunk: { type: 'tool-output-denied', toolCallId }, call: null }];
    if (part.state !== 'output-error') return [];
    const { errorText } = part;
    return [{ chunk: { type: 'tool-output-error', toolCallId, errorText }, call: { tool, ok: false } }];
  });
}

/** What became of the calls that were left open, for those who follow. */
export function toldClosed(said: readonly UIMessage[]): UIMessageChunk[] {
  const open = said.flatMap((message) => {
    const parts = message.parts.filter((part) => isToolUIPart(part) && !hasResult(part));
    return toldOf(closeMessage({ ...message, parts }));
  });
  return open.map(({ chunk }) => chunk);
}
