import { type UIMessage, validateUIMessages } from 'ai';
import { describe, expect, it } from 'vitest';
import { replayMessage } from './replay.ts';
import { messageOf } from '../testing/talk.ts';

const call = { type: 'tool-pay', toolCallId: 'c1', input: { euros: 5, to: { name: 'Ann' } } } as const;
const metadata = { provider: { key: 'value' } };
const parts: readonly (readonly [string, UIMessage['parts'][number]])[] = [
  ['text', { type: 'text', text: 'Hello.', state: 'done', providerMetadata: metadata }],
  ['reasoning', { type: 'reasoning', id: 'r1', text: 'Hm.', state: 'done', providerMetadata: metadata }],
  ['a file', { type: 'file', mediaType: 'text/plain', url: 'data:text/plain,hi' }],
  ['a source', { type: 'source-url', sourceId: 's', url: 'https://example.org' }],
  ['data', { type: 'data-note', id: 'n', data: { text: 'note' } }],
  ['a call that waits', { ...call, state: 'input-available', callProviderMetadata: metadata }],
  ['a question', { ...call, state: 'approval-requested', approval: { id: 'a', requestReason: 'It is much.' } }],
  ['an answer', { ...call, state: 'approval-responded', approval: { id: 'a', approved: true, reason: 'Fine.' } }],
  ['a denial', { ...call, state: 'output-denied', approval: { id: 'a', approved: false, isAutomatic: true } }],
  [
    'a result',
    { ...call, state: 'output-available', output: [1, null], approval: { id: 'a', approved: true }, title: 'Pay' },
  ],
  [
    'a result of the provider’s own tool',
    {
      ...call,
      state: 'output-available',
      output: 1,
      providerExecuted: true,
      callProviderMetadata: metadata,
      resultProviderMetadata: { provider: { key: 'other' } },
    },
  ],
  ['an error', { ...call, state: 'output-error', errorText: 'No.', callProviderMetadata: metadata }],
  [
    'a tool that came with the day',
    { type: 'dynamic-tool', toolName: 'pay', toolCallId: 'c1', input: {}, state: 'output-available', output: 'ok' },
  ],
];

describe('a message streamed once more', () => {
  it.each(parts)('is the same to the reader of the SDK: %s', async (_what, part) => {
    const message: UIMessage = { id: 'm', role: 'assistant', parts: [{ type: 'step-start' }, part] };
    const read = await messageOf({ chunks: replayMessage(message) });
    // What the reader keeps of an input in pieces is the same input once more.
    for (const each of read?.parts ?? []) if ('rawInput' in each) delete each.rawInput;
    expect(read).toEqual(message);
  });

  it('is the same in all its steps, with what is known of it', async () => {
    const steps = parts
      .filter(([what]) => what !== 'a file')
      .map(([, part], index) => {
        const own = {
          toolCallId: `c${index}`,
          ...('approval' in part && { approval: { ...part.approval, id: `a${index}` } }),
        };
        return 'toolCallId' in part ? { ...part, ...own } : part;
      });
    const message = {
      id: 'm',
      role: 'assistant' as const,
      metadata: { at: 1 },
      parts: steps.flatMap((part) => [{ type: 'step-start' as const }, part]),
    };
    const [valid] = await validateUIMessages({ messages: [message] });
    const read = await messageOf({ chunks: valid === undefined ? [] : replayMessage(valid) });
    for (const each of read?.parts ?? []) if ('rawInput' in each) delete each.rawInput;
    expect(read).toEqual(message);
  });

  it('has no client act on a call that has its result, and has it act on one that waits', () => {
    const typesOf = (part: UIMessage['parts'][number]) =>
      replayMessage({ id: 'm', role: 'assistant', parts: [part] }).map(({ type }) => type);
    expect(typesOf({ ...call, state: 'output-available', output: 1 })).not.toContain('tool-input-available');
    expect(typesOf({ ...call, state: 'input-available' })).toContain('tool-input-available');
  });
});
