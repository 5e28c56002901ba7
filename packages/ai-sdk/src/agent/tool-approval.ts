import type { GenericToolApprovalFunction, ModelMessage, ToolApprovalStatus, ToolSet, TypedToolCall } from 'ai';
import { z } from 'zod';
import type { Agent } from './agent.ts';
import { ToolSession } from './tool-session.ts';
import type { TurnProgress } from '../run/turn-progress.ts';

/** Whether a tool call needs somebody's approval: by its input, or always. */
export type ApprovalRule =
  | ToolApprovalStatus
  | ((input: unknown, call: ApprovalCall) => ToolApprovalStatus | PromiseLike<ToolApprovalStatus>);

export type ApprovalCall = {
  readonly toolCallId: string;
  readonly messages: ModelMessage[];
  /** For `sessionOf`, as a tool has it: a rule may look at the session, and changes nothing. */
  readonly session: ToolSession;
};

/**
 * The agent's own rules, as the SDK asks for them. A call that the active step does not allow is never brought before
 * the user: the guard of the tool turns it down, and this does where the client is to carry it out.
 */
export function approvalBy(
  { tools, toolApproval }: Agent,
  progress: TurnProgress,
): GenericToolApprovalFunction<ToolSet, Record<string, unknown>, unknown> {
  return async ({ toolCall, messages }) => {
    const { toolName } = toolCall;
    const refusal = progress.refusal(toolName);
    const tool = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined;
    if (refusal !== null) return tool?.execute === undefined ? { type: 'denied', reason: refusal } : undefined;
    const rule = Object.hasOwn(toolApproval, toolName) ? toolApproval[toolName] : undefined;
    if (rule === undefined) return (await needsApproval(tool, toolCall, messages)) ? 'user-approval' : undefined;
    if (typeof rule !== 'function') return rule;
    const { input, toolCallId } = toolCall;
    return rule(input, {
      toolCallId,
      messages,
      session: new ToolSession(progress, { schema: z.unknown(), toolCallId }),
    });
  };
}

/** As the tool itself says, in the SDK's older way. */
async function needsApproval(
  tool: ToolSet[string] | undefined,
  { input, toolCallId }: TypedToolCall<ToolSet>,
  messages: ModelMessage[],
): Promise<boolean> {
  const needs = tool?.needsApproval ?? false;
  return typeof needs === 'function' ? needs(input, { toolCallId, messages, context: undefined }) : needs;
}
