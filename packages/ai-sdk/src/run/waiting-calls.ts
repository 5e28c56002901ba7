import type { OrchestrationState, PendingCall, Turn } from '@stateroom/orchestration';
import { getToolName, isToolUIPart, type UIMessage } from 'ai';
import type { Agent } from '../agent/agent.ts';
import { inputDigest } from './input-digest.ts';
import { messagesIn, type ToolPart } from '../transcript/transcript.ts';

/** The ids of the calls for which somebody outside must do something before the model can go on. */
export function waitingIn(agent: Agent, said: readonly UIMessage[]): string[] {
  return said.flatMap(({ parts }) =>
    toolParts(parts)
      .filter(isWaiting(agent))
      .map(({ toolCallId }) => toolCallId),
  );
}

/** What is asked of them: of the calls as they are stored, which is what an answer is about. */
export async function pendingCalls(
  agent: Agent,
  {
    turn,
    stored,
    open,
  }: {
    readonly turn: Turn<OrchestrationState>;
    readonly stored: readonly unknown[];
    readonly open: readonly string[];
  },
): Promise<PendingCall[]> {
  const calls = messagesIn(stored).flatMap(({ parts = [] }) => toolParts(parts).filter(isWaiting(agent)));
  const expiresAt = Date.now() + agent.pendingTtlMs;
  return Promise.all(
    calls
      .filter(({ toolCallId }) => open.includes(toolCallId))
      .map(async (part) => ({
        turnId: turn.id,
        toolCallId: part.toolCallId,
        toolName: getToolName(part),
        kind: part.state === 'approval-requested' ? ('approval' as const) : ('output' as const),
        inputDigest: await inputDigest(part.input),
        expiresAt,
      })),
  );
}

function toolParts(parts: UIMessage['parts']): ToolPart[] {
  return parts.filter((part) => isToolUIPart(part));
}

function isWaiting({ tools }: Agent): (part: ToolPart) => boolean {
  return (part) => {
    if (part.state === 'approval-requested') return part.approval.isAutomatic !== true;
    const name = getToolName(part);
    const isOurs = Object.hasOwn(tools, name) && tools[name]?.execute === undefined;
    return part.state === 'input-available' && part.providerExecuted !== true && isOurs;
  };
}
