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
      const metadata = providerMetadata && { providerMetadata };
      return [
        { type: `${type}-start`, id, ...metadata },
        { type: `${type}-delta`, id, delta: text },
        { type: `${type}-end`, id, ...metadata },
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

function toolChunks(part: ToolPart): UIMessageChunk[] {
  const { toolCallId } = part;
  const dynamic = part.type === 'dynamic-tool' && { dynamic: true };
  const called = { toolCallId, toolName: getToolName(part), ...dynamic };
  const asked = approvalChunks(part);
  switch (part.state) {
    case 'output-available':
      return [
        ...inputChunks(part),
        ...asked,
        { type: 'tool-output-available', toolCallId, output: part.output, ...dynamic },
      ];
    case 'output-error':
      return [
        ...inputChunks(part),
        ...asked,
        { type: 'tool-output-error', toolCallId, errorText: part.errorText, ...dynamic },
      ];
    case 'output-denied':
      return [...inputChunks(part), ...asked, { type: 'tool-output-denied', toolCallId }];
    case 'approval-requested':
    case 'approval-responded':
      return [...inputChunks(part), ...asked];
    case 'input-available':
    case 'input-streaming':
      return [{ type: 'tool-input-available', ...called, input: part.input }];
  }
}

type ToolPart = Extract<Part, { toolCallId: string }>;

/** In pieces: an input as a whole is one to be acted on, where a client carries the tool out. */
function inputChunks(part: ToolPart): UIMessageChunk[] {
  const { toolCallId, input } = part;
  const toolName = getToolName(part);
  const dynamic = part.type === 'dynamic-tool' && { dynamic: true };
  return [
    { type: 'tool-input-start', toolCallId, toolName, ...dynamic },
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
