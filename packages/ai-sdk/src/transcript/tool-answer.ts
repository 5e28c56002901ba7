import { z } from 'zod';

const Id = z.string().min(1);
/** What the client has shown its user as the call's input: an answer to anything else is none. */
const shown = { input: z.unknown().optional() };

/** A client's answer to a question that the server has asked: whether a tool may run, or what one has given there. */
export const ToolAnswer = z.union([
  z.strictObject({ approvalId: Id, approved: z.boolean(), reason: z.string().optional(), ...shown }),
  z.strictObject({ toolCallId: Id, output: z.unknown(), ...shown }),
  z.strictObject({ toolCallId: Id, errorText: z.string(), ...shown }),
]);
export type ToolAnswer = z.infer<typeof ToolAnswer>;
