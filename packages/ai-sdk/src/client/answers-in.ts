import * as z from 'zod/mini'; // what a browser loads of it is a tenth of zod
import type { ToolAnswer } from '../transcript/tool-answer.ts';

const Part = z.object({ type: z.string() });
const AnsweredPart = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('approval-responded'),
    input: z.unknown(),
    approval: z.object({ id: z.string(), approved: z.boolean(), reason: z.optional(z.string()) }),
  }),
  z.object({ state: z.literal('output-available'), toolCallId: z.string(), input: z.unknown(), output: z.unknown() }),
  z.object({ state: z.literal('output-error'), toolCallId: z.string(), input: z.unknown(), errorText: z.string() }),
]);

/** What may be an answer in the last step of an assistant message as `useChat` has it; whether it is, is not asked. */
export function answersIn(parts: readonly unknown[]): ToolAnswer[] {
  const lastStep = parts.findLastIndex((part) => Part.safeParse(part).data?.type === 'step-start');
  return parts.slice(lastStep + 1).flatMap((part): ToolAnswer[] => {
    const { data } = AnsweredPart.safeParse(part);
    if (data === undefined) return [];
    const { input } = data;
    if (data.state === 'output-available') return [{ toolCallId: data.toolCallId, output: data.output, input }];
    if (data.state === 'output-error') return [{ toolCallId: data.toolCallId, errorText: data.errorText, input }];
    const { id: approvalId, approved, reason } = data.approval;
    return [{ approvalId, approved, ...(reason !== undefined && { reason }), input }];
  });
}
