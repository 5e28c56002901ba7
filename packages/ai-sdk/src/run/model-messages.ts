import {
  convertToModelMessages,
  isReasoningUIPart,
  isTextUIPart,
  isToolUIPart,
  type ModelMessage,
  type ToolSet,
  type UIMessage,
} from 'ai';

/** Messages as a model is told them: in a form that every provider takes, whatever went wrong while they were said. */
export async function toModelMessages(messages: readonly UIMessage[], tools: ToolSet): Promise<ModelMessage[]> {
  return convertToModelMessages(messages.map(acceptable), { tools });
}

function acceptable(message: UIMessage): UIMessage {
  if (message.role !== 'assistant') return message;
  const parts = message.parts.filter((part) => !isTextUIPart(part) || part.text !== '');
  // A thought is given back with what came of it, or not at all.
  const end = parts.findLastIndex((part) => !isReasoningUIPart(part) && part.type !== 'step-start') + 1;
  return { ...message, parts: parts.slice(0, end).map(acceptablePart) };
}

type Part = UIMessage['parts'][number];

/** What a model wrote as its arguments may be anything; a call that is told of has an object. */
function acceptablePart(part: Part): Part {
  if (!isToolUIPart(part) || part.state !== 'output-error') return part;
  const { input } = part;
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? part : { ...part, input: {} };
}

/**
 * What was said, its last model step without the ids by which a provider would look for it among the answers that it
 * keeps: it keeps those that are whole.
 */
export function withoutItemIds(message: UIMessage): UIMessage {
  const start = message.parts.findLastIndex(({ type }) => type === 'step-start');
  return { ...message, parts: message.parts.map((part, index) => (index < start ? part : unreferenced(part))) };
}

function unreferenced(part: Part): Part {
  if (!('providerMetadata' in part) || part.providerMetadata === undefined) return part;
  const told = Object.entries(part.providerMetadata).map(([provider, metadata]) => {
    const others = Object.entries(metadata).filter(([name]) => name !== 'itemId');
    return [provider, Object.fromEntries(others)] as const;
  });
  return { ...part, providerMetadata: Object.fromEntries(told) };
}
