import { getToolName, isDataUIPart, isToolUIPart, type UIMessage, type UIMessageChunk } from 'ai';

type Part = UIMessage['parts'][number];

/** The chunks from which the SDK's own reader makes this message: its stream, once more. */
export function replayMessage(message: UIMessage): UIMessageChunk[] {
  const chunks = message.parts.flatMap((part, index) => chunksOf(part, String(index)));
  const isInStep = message.parts.some(({ type }) => type === 'step-start');
  return [
    { type: 'start', messageId: message.id, ...(message.metadata !== undefined && metadataOf(message)) },
    ...chunks.filter(({ type }, index) => type !== 'finish-step' || index > 0),
    ...(isInStep ? [{ type: 'finish-step' } as const] : []),
  ];
}

function metadataOf({ metadata }: UIMessage): { messageMetadata: unknown } {
  return { messageMetadata: metadata };
}

function chunksOf(part: Part, id: string): UIMessageChunk[] {
  if (isToolUIPart(part)) return toolChunks(part);
  if (isDataUIPart(part)) return [part];
  switch (part.type) {
    case 'step-start':
      return [{ type: 'finish-step' }, { type: 'start-step' }];
    case 'text':
    case 'reasoning': {
      const { type, text, providerMetadata } = part;
      const named = { id: ('id' in part ? part.id : undefined) ?? id, ...(providerMetadata && { providerMetadata }) };
      return [
        { type: `${type}-start`, ...named },
        { type: `${type}-delta`, id: named.id, delta: text },
        { type: `${type}-end`, ...named },
      ];
    }
    case 'file':
    case 'reasoning-file':
    case 'source-url':
    case 'source-document':
    case 'custom':
      return [part];
    // Those of the SDK's own steering, which is not used here.
    case 'steering-message':
      return [];
  }
}

type ToolPart = Extract<Part, { toolCallId: string }>;

function toolChunks(part: ToolPart): UIMessageChunk[] {
  const { toolCallId, input, state } = part;
  const known = knownOf(part);
  if (state === 'input-available' || state === 'input-streaming')
    return [
      { type: 'tool-input-available', toolCallId, toolName: getToolName(part), input, ...called(part), ...known },
    ];
  const asked = [...inputChunks(part), ...approvalChunks(part)];
  if (state === 'output-denied') return [...asked, { type: 'tool-output-denied', toolCallId }];
  if (part.state !== 'output-available' && part.state !== 'output-error') return asked;
  const { resultProviderMetadata: providerMetadata } = part;
  const told = { toolCallId, ...known, ...(providerMetadata && { providerMetadata }) };
  if (part.state === 'output-error')
    return [...asked, { type: 'tool-output-error', ...told, errorText: part.errorText }];
  return [...asked, { type: 'tool-output-available', ...told, output: part.output }];
}

/** What is said of a call with whatever becomes of it. */
function knownOf(part: ToolPart) {
  const { providerExecuted, toolMetadata } = part;
  return {
    ...(part.type === 'dynamic-tool' && { dynamic: true }),
    ...(providerExecuted !== undefined && { providerExecuted }),
    ...(toolMetadata !== undefined && { toolMetadata }),
  };
}

function called({ title, callProviderMetadata }: ToolPart) {
  return {
    ...(title !== undefined && { title }),
    ...(callProviderMetadata && { providerMetadata: callProviderMetadata }),
  };
}

/** In pieces: an input as a whole is one to be acted on, where a client carries the tool out. */
function inputChunks(part: ToolPart): UIMessageChunk[] {
  const { toolCallId, input } = part;
  return [
    { type: 'tool-input-start', toolCallId, toolName: getToolName(part), ...called(part), ...knownOf(part) },
    { type: 'tool-input-delta', toolCallId, inputTextDelta: JSON.stringify(input ?? {}) },
  ];
}

function approvalChunks({ toolCallId, approval }: ToolPart): UIMessageChunk[] {
  if (approval === undefined) return [];
  const { id: approvalId, requestReason, isAutomatic, approved, reason } = approval;
  const why = requestReason !== undefined && { reason: requestReason };
  const request = { toolCallId, approvalId, ...why, ...(isAutomatic !== undefined && { isAutomatic }) };
  const answer = { approvalId, approved: approved === true, ...(reason !== undefined && { reason }) };
  return [
    { type: 'tool-approval-request', ...request },
    ...(approved === undefined ? [] : ([{ type: 'tool-approval-response', ...answer }] as const)),
  ];
}
