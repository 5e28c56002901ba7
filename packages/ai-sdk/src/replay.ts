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

function toolChunks(part: Extract<Part, { toolCallId: string }>): UIMessageChunk[] {
  const { toolCallId } = part;
  const dynamic = part.type === 'dynamic-tool' && { dynamic: true };
  const call = { toolCallId, toolName: getToolName(part), input: part.input, ...dynamic };
  const input: UIMessageChunk = { type: 'tool-input-available', ...call };
  switch (part.state) {
    case 'output-available':
      return [input, { type: 'tool-output-available', toolCallId, output: part.output, ...dynamic }];
    case 'output-error':
      return [input, { type: 'tool-output-error', toolCallId, errorText: part.errorText, ...dynamic }];
    case 'output-denied':
      return [input, { type: 'tool-output-denied', toolCallId }];
    case 'approval-requested':
      return [input, { type: 'tool-approval-request', toolCallId, approvalId: part.approval.id }];
    case 'approval-responded':
    case 'input-available':
    case 'input-streaming':
      return [input];
  }
}
