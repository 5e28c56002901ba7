import { z } from 'zod';
import {
  halvesOf,
  hold,
  holdObject,
  piecesOf,
  type Pieces,
  type Protocol,
  type Reply,
  type ToolCall,
  usage,
} from './protocol.ts';

const Words = z.array(z.object({ type: z.enum(['input_text', 'output_text']), text: z.string() }));
const Item = z.union([
  z.object({ role: z.enum(['system', 'developer']), content: z.string() }),
  z.object({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), Words]) }),
  z.object({ type: z.literal('function_call'), call_id: z.string(), name: z.string(), arguments: z.string() }),
  z.object({ type: z.literal('function_call_output'), call_id: z.string(), output: z.union([z.string(), Words]) }),
  z.object({ type: z.literal('reasoning'), id: z.string().optional(), encrypted_content: z.string().nullish() }),
  z.object({ type: z.literal('item_reference'), id: z.string() }),
]);
const Body = z.object({
  model: z.string(),
  input: z.array(Item),
  tools: z.array(z.object({ name: z.string() })).default([]),
  store: z.boolean().default(true),
  include: z.array(z.string()).default([]),
  stream: z.literal(true),
});
type Item = z.infer<typeof Item>;

/** OpenAI's Responses, with its store of what was said: an answer is in it once it is whole, unless it is not wished there. */
export function responses(): Protocol {
  const stored = new Map<string, string>();
  let isStored = true;
  let isSealed = false;
  return {
    path: '/v1/responses',
    keyHeader: 'authorization',
    read: (body) => {
      const request = Body.parse(body);
      isStored = request.store;
      isSealed = request.include.includes('reasoning.encrypted_content');
      const tools = request.tools.map(({ name }) => name);
      return { model: request.model, tools, isKept: request.store, said: said(request.input, stored) };
    },
    say: (reply, replyNumber) => {
      const pieces = say(reply, { replyNumber, isSealed });
      const isWhole = reply.fault === undefined;
      for (const { itemId, line } of isStored && isWhole ? pieces.parts : []) stored.set(itemId, line);
      return pieces;
    },
    errorBody: ({ status, code = null }, message) => ({
      error: { message, type: `status_${status}`, param: null, code },
    }),
    errorEvent: frame({
      type: 'error',
      sequence_number: 9,
      code: 'server_overloaded',
      message: 'The server is overloaded.',
    }),
  };
}

function said(input: readonly Item[], stored: ReadonlyMap<string, string>): string[] {
  const open = new Set<string>();
  const lines = input.flatMap((item, index) => linesOf(item, { open, stored, next: input[index + 1] }));
  hold(open.size === 0, `No tool output found for function call ${[...open].join(', ')}.`);
  return lines;
}

type Place = {
  readonly open: Set<string>;
  readonly stored: ReadonlyMap<string, string>;
  readonly next: Item | undefined;
};

function linesOf(item: Item, { open, stored, next }: Place): string[] {
  if ('role' in item) {
    if (item.role !== 'user' && item.role !== 'assistant') return [];
    const text = textOf(item.content);
    hold(text !== '', `an ${item.role} message that is empty`);
    return [`${item.role}: ${text}`];
  }
  switch (item.type) {
    case 'function_call':
      holdObject(item.arguments);
      open.add(item.call_id);
      return [`call: ${item.name} ${item.arguments}`];
    case 'function_call_output':
      hold(open.delete(item.call_id), `No tool call found for function call output with call_id ${item.call_id}.`);
      return [`result: ${textOf(item.output)}`];
    case 'reasoning': {
      hold(typeof item.encrypted_content === 'string', 'a reasoning item that is neither stored nor brought along');
      holdFollowed(next);
      return ['thought'];
    }
    case 'item_reference': {
      const line = stored.get(item.id);
      hold(line !== undefined, `Item with id '${item.id}' not found.`);
      if (line === 'thought') holdFollowed(next);
      return [line];
    }
  }
}

function holdFollowed(next: Item | undefined): void {
  const isSaid = next !== undefined && 'role' in next && next.role === 'assistant';
  const isCalled = next !== undefined && 'type' in next && next.type !== 'function_call_output';
  hold(isSaid || isCalled, 'Item of type reasoning was provided without its required following item.');
}

function textOf(content: string | z.infer<typeof Words>): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

/** Thoughts are brought along sealed where the request has asked for it. */
type Answering = { readonly replyNumber: number; readonly isSealed: boolean };
type Numbered = Answering & { readonly output_index: number };

function say({ thought, text, calls = [], end }: Reply, answering: Answering): Pieces & { parts: readonly Part[] } {
  const parts = [
    ...(thought === undefined ? [] : [(place: Numbered) => thinking(thought, place)]),
    ...(text === undefined ? [] : [(place: Numbered) => speaking(text, end === 'refusal', place)]),
    ...calls.map((call) => (place: Numbered) => calling(call, place)),
  ].map((part, output_index) => part({ ...answering, output_index }));
  const { replyNumber } = answering;
  const response = { id: `resp_${replyNumber}`, created_at: 1, model: 'm' };
  const last = parts.at(-1);
  const begun = [
    frame({ type: 'response.created', response }),
    ...parts.slice(0, -1).flatMap(({ events, closing }) => [...events, ...closing]),
    ...(last?.events ?? []),
  ];
  const isCut = end === 'length';
  const ended = {
    ...response,
    usage: tokens,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
  };
  const finish = frame({ type: isCut ? 'response.incomplete' : 'response.completed', response: ended });
  return { begun, rest: [...(last?.closing ?? []), finish], parts };
}

type Part = {
  readonly itemId: string;
  /** What it reads as when it is referred to. */
  readonly line: string;
  readonly events: readonly string[];
  readonly closing: readonly string[];
};

function thinking(thought: string, { replyNumber, isSealed, output_index }: Numbered): Part {
  const item = { type: 'reasoning', id: `rs_${replyNumber}` };
  const at = { item_id: item.id, output_index, summary_index: 0 };
  const events = [
    frame({ type: 'response.output_item.added', output_index, item: { ...item, encrypted_content: null } }),
    frame({ type: 'response.reasoning_summary_part.added', ...at }),
    ...piecesOf(thought).map((delta) => frame({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
  ];
  const done = { ...item, encrypted_content: isSealed ? `sealed ${replyNumber}` : null, summary: [] };
  const closing = [
    frame({ type: 'response.reasoning_summary_part.done', ...at }),
    frame({ type: 'response.output_item.done', output_index, item: done }),
  ];
  return { itemId: item.id, line: 'thought', events, closing };
}

function speaking(text: string, isRefusal: boolean, { replyNumber, output_index }: Numbered): Part {
  const item = { type: 'message', id: `msg_${replyNumber}`, role: 'assistant', content: [] };
  const type = isRefusal ? 'response.refusal.delta' : 'response.output_text.delta';
  const events = [
    frame({ type: 'response.output_item.added', output_index, item }),
    ...piecesOf(text).map((delta) => frame({ type, item_id: item.id, output_index, content_index: 0, delta })),
  ];
  const line = `assistant: ${text}`;
  return { itemId: item.id, line, events, closing: [frame({ type: 'response.output_item.done', output_index, item })] };
}

function calling({ name, input, id }: ToolCall, { replyNumber, output_index }: Numbered): Part {
  const item = { type: 'function_call', id: `fc_${replyNumber}_${output_index}`, name };
  const call_id = `${id ?? `call_${replyNumber}`}_${output_index}`;
  const type = 'response.function_call_arguments.delta';
  const [first, second] = halvesOf(input).map((delta) => frame({ type, item_id: item.id, output_index, delta }));
  const added = { ...item, call_id, arguments: '' };
  const done = { ...item, call_id, arguments: input, status: 'completed' };
  return {
    itemId: item.id,
    line: `call: ${name} ${input}`,
    events: [frame({ type: 'response.output_item.added', output_index, item: added }), first ?? ''],
    closing: [second ?? '', frame({ type: 'response.output_item.done', output_index, item: done })],
  };
}

const tokens = {
  input_tokens: usage.input,
  input_tokens_details: { cached_tokens: usage.cached },
  output_tokens: usage.output,
  output_tokens_details: { reasoning_tokens: usage.reasoning },
};

function frame(event: { readonly type: string; readonly [name: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
