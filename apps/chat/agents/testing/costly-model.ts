import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { obedientModel } from './guest.ts';

/** The obedient model, each step of which reads so many tokens. */
export function costlyModel(inputTokens: number): LanguageModelV4 {
  const model = obedientModel();
  const doStream: LanguageModelV4['doStream'] = async (options) => {
    const { stream } = await model.doStream(options);
    const dear = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
      transform: (part, controller) => controller.enqueue(part.type === 'finish' ? priced(part, inputTokens) : part),
    });
    return { stream: stream.pipeThrough(dear) };
  };
  return { ...model, doStream };
}

function priced(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>, total: number) {
  return { ...part, usage: { ...part.usage, inputTokens: { ...part.usage.inputTokens, total } } };
}
