import type { PendingCall } from '@stateroom/orchestration';
import { getToolName, isToolUIPart, type UIMessage } from 'ai';
import type { Agent } from './agent.ts';
import { inputDigest } from './input-digest.ts';

type ToolPart = Extract<UIMessage['parts'][number], { toolCallId: string }>;

/** The calls for which somebody outside must do something before the model can go on. */
export async function waitingCalls(
  agent: Agent,
  { turnId, said, now }: { readonly turnId: string; readonly said: readonly UIMessage[]; readonly now: number },
): Promise<PendingCall[]> {
  const open = said.flatMap(({ parts }) => parts.filter((part) => isToolUIPart(part))).filter(isWaiting(agent));
  return Promise.all(
    open.map(async (part) => ({
      turnId,
      toolCallId: part.toolCallId,
      toolName: getToolName(part),
      kind: part.state === 'approval-requested' ? ('approval' as const) : ('output' as const),
      inputDigest: await inputDigest(part.input),
      expiresAt: now + agent.pendingTtlMs,
    })),
  );
}

function isWaiting({ tools }: Agent): (part: ToolPart) => boolean {
  return (part) => {
    if (part.state === 'approval-requested') return part.approval.isAutomatic !== true;
    const name = getToolName(part);
    const isOurs = Object.hasOwn(tools, name) && tools[name]?.execute === undefined;
    return part.state === 'input-available' && part.providerExecuted !== true && isOurs;
  };
}
