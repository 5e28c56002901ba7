import { z } from 'zod';
import {
  type Heard,
  halvesOf,
  hold,
  holdObject,
  piecesOf,
  type Pieces,
  type Protocol,
  type Reply,
  usage,
} from './protocol.ts';

const Content = z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))]);
const Call = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) });
const Message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: Content }),
  z.object({ role: z.literal('user'), content: Content }),
  z.object({
    role: z.literal('assistant'),
    content: Content.nullish(),
    tool_calls: z.array(Call).optional(),
    reasoning_content: z.string().optional(),
  }),
  z.object({ role: z.literal('tool'), tool_call_id: z.string(), content: Content }),
]);
const Body = z.object({
  model: z.string(),
  messages: z.array(Message),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).default([]),
  stream: z.literal(true),
  stream_options: z.object({ include_usage: z.literal(true) }),
});
type Message = z.infer<typeof Message>;

/** OpenAI's chat completions, which Ollama and many others speak too. */
export const chatCompletions: Protocol = {
  path: '/v1/chat/completions',
  keyHeader: 'authorization',
  read,
  say,
  errorBody: ({ status, code = null }, message) => ({
    error: { message, type: `status_${status}`, param: null, code },
  }),
  errorEvent: frame({ error: { message: 'The server is overloaded.', type: 'server_error', code: 503 } }),
};

function read(body: unknown): Heard {
  const { model, messages, tools } = Body.parse(body);
  const open = new Set<string>();
  const said = messages.flatMap((message) => {
    if (message.role !== 'tool') hold(open.size === 0, `calls without a result: ${[...open].join(', ')}`);
    return linesOf(message, open);
  });
  hold(open.size === 0, `calls without a result: ${[...open].join(', ')}`);
  return { model, tools: tools.map(({ function: { name } }) => name), isKept: false, said };
}

function linesOf(message: Message, open: Set<string>): string[] {
  if (message.role === 'system') return [];
  const text = textOf(message.content);
  if (message.role === 'user') return [`user: ${text}`];
  if (message.role === 'tool') {
    hold(open.delete(message.tool_call_id), `a result without its call: ${message.tool_call_id}`);
    return [`result: ${text}`];
  }
  const calls = message.tool_calls ?? [];
  hold(text !== '' || calls.length > 0, 'an assistant message that is empty');
  for (const call of calls) {
    holdObject(call.function.arguments);
    open.add(call.id);
  }
  return [
    ...(message.reasoning_content === undefined ? [] : ['thought']),
    ...(text === '' ? [] : [`assistant: ${text}`]),
    ...calls.map((call) => `call: ${call.function.name} ${call.function.arguments}`),
  ];
}

function textOf(content: z.infer<typeof Content> | null | undefined): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text).join('');
}

function say({ thought, text, calls = [], end }: Reply, replyNumber: number): Pieces {
  const delta = (part: object) => chunk([{ index: 0, delta: part, finish_reason: null }]);
  const thoughts = piecesOf(thought ?? '').map((reasoning_content) => delta({ reasoning_content }));
  const key = end === 'refusal' ? 'refusal' : 'content';
  const words = piecesOf(text ?? '').map((word) => delta({ [key]: word }));
  const asked = calls.flatMap(({ name, input, id = `call_${replyNumber}` }, index) => {
    const [first, second] = halvesOf(input);
    const begun = { index, id: `${id}_${index}`, type: 'function', function: { name, arguments: first } };
    return [delta({ tool_calls: [begun] }), delta({ tool_calls: [{ index, function: { arguments: second } }] })];
  });
  const reason = end === 'length' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop';
  const begun = [delta({ role: 'assistant', content: '' }), ...thoughts, ...words, ...asked];
  // The last piece of a call's arguments is kept back.
  const kept = calls.length > 0 ? begun.splice(-1) : [];
  const finish = chunk([{ index: 0, delta: {}, finish_reason: reason }]);
  return { begun, rest: [...kept, finish, chunk([], tokens), 'data: [DONE]\n\n'] };
}

const tokens = {
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cached },
  completion_tokens_details: { reasoning_tokens: usage.reasoning },
};

function chunk(choices: readonly object[], used: object | null = null): string {
  return frame({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, usage: used });
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
