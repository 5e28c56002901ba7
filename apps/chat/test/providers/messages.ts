import { z } from 'zod';
import {
  type Heard,
  halvesOf,
  hold,
  piecesOf,
  type Pieces,
  type Protocol,
  type Reply,
  type ToolCall,
  usage,
} from './protocol.ts';

const Text = z.object({ type: z.literal('text'), text: z.string().min(1) });
const Block = z.discriminatedUnion('type', [
  Text,
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().min(1) }),
  z.object({
    type: z.literal('tool_use'),
    id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
  }),
  z.object({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(Text)]).optional(),
    is_error: z.boolean().optional(),
  }),
]);
const Message = z.object({ role: z.enum(['user', 'assistant']), content: z.array(Block).min(1) });
const Body = z.object({
  model: z.string(),
  max_tokens: z.number().int().positive(),
  messages: z.array(Message).min(1),
  tools: z.array(z.object({ name: z.string() })).default([]),
  stream: z.literal(true),
});
type Block = z.infer<typeof Block>;
type Message = z.infer<typeof Message>;

/** Anthropic's Messages. */
export const messages: Protocol = {
  path: '/v1/messages',
  keyHeader: 'x-api-key',
  read,
  say,
  errorBody: ({ status }, message) => ({
    type: 'error',
    error: { type: errorTypes[status] ?? 'api_error', message },
  }),
  errorEvent: frame({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
};

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function read(body: unknown): Heard {
  const request = Body.parse(body);
  let open: readonly string[] = [];
  hold(request.messages[0]?.role === 'user', 'a conversation that does not begin with the user');
  for (const message of request.messages) {
    const results = message.content.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    hold(
      results.toSorted().join() === open.toSorted().join(),
      `results ${results.join()} for the calls ${open.join()}`,
    );
    const areFirst = message.content.slice(0, results.length).every(({ type }) => type === 'tool_result');
    hold(areFirst, 'results that come behind something else');
    hold(message.content.at(-1)?.type !== 'thinking', 'The final block in an assistant message cannot be `thinking`.');
    open = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    hold(new Set(open).size === open.length, 'ids of calls that are not unique');
  }
  hold(open.length === 0, `calls without a result: ${open.join()}`);
  const said = request.messages.flatMap(({ role, content }) => content.flatMap((block) => linesOf(role, block)));
  return { model: request.model, tools: request.tools.map(({ name }) => name), isKept: false, said };
}

function linesOf(role: Message['role'], block: Block): string[] {
  switch (block.type) {
    case 'text':
      return [`${role}: ${block.text}`];
    case 'thinking':
      return ['thought'];
    case 'tool_use':
      return [`call: ${block.name} ${JSON.stringify(block.input)}`];
    case 'tool_result': {
      const { content = '' } = block;
      return [`result: ${typeof content === 'string' ? content : content.map(({ text }) => text).join('')}`];
    }
  }
}

function say({ thought, text, calls = [], end }: Reply, replyNumber: number): Pieces {
  const blocks = [
    ...(thought === undefined ? [] : [thinking(thought)]),
    ...(text === undefined ? [] : [speaking(text)]),
    ...calls.map((call, index) => calling(call, `toolu_${replyNumber}_${index}`)),
  ].map((block, index) => framesOf(block, index));
  const last = blocks.at(-1);
  const started = { input_tokens: usage.input - usage.cached, cache_read_input_tokens: usage.cached, output_tokens: 1 };
  const message = { id: `msg_${replyNumber}`, role: 'assistant', model: 'm', content: [], usage: started };
  const begun = [
    frame({ type: 'message_start', message }),
    frame({ type: 'ping' }),
    ...blocks.slice(0, -1).flatMap(({ events, closing }) => [...events, ...closing]),
    ...(last?.events ?? []),
  ];
  const told = { output_tokens: usage.output, output_tokens_details: { thinking_tokens: usage.reasoning } };
  const reasons = { length: 'max_tokens', refusal: 'refusal' } as const;
  const stop_reason = end === undefined ? (calls.length > 0 ? 'tool_use' : 'end_turn') : reasons[end];
  const finish = [
    frame({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: told }),
    frame({ type: 'message_stop' }),
  ];
  return { begun, rest: [...(last?.closing ?? []), ...finish] };
}

type Said = { readonly start: object; readonly deltas: readonly object[]; readonly last: readonly object[] };

function thinking(thought: string): Said {
  const deltas = piecesOf(thought).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
  return {
    start: { type: 'thinking', thinking: '' },
    deltas,
    last: [{ type: 'signature_delta', signature: 'signed' }],
  };
}

function speaking(text: string): Said {
  const deltas = piecesOf(text).map((piece) => ({ type: 'text_delta', text: piece }));
  return { start: { type: 'text', text: '' }, deltas, last: [] };
}

function calling({ name, input, id }: ToolCall, ownId: string): Said {
  const deltas = halvesOf(input).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  const start = { type: 'tool_use', id: id ?? ownId, name, input: {} };
  return { start, deltas: deltas.slice(0, 1), last: deltas.slice(1) };
}

function framesOf({ start, deltas, last }: Said, index: number) {
  const frameOf = (delta: object) => frame({ type: 'content_block_delta', index, delta });
  const events = [frame({ type: 'content_block_start', index, content_block: start }), ...deltas.map(frameOf)];
  return { events, closing: [...last.map(frameOf), frame({ type: 'content_block_stop', index })] };
}

function frame(event: { readonly type: string; readonly [name: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
