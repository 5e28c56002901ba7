import type { UIMessage } from 'ai';
import { describe, expect, it } from 'vitest';
import { toModelMessages, withoutItemIds } from './model-messages.ts';

const said = (...parts: UIMessage['parts']): UIMessage => ({ id: 'a', role: 'assistant', parts });
const call = { type: 'tool-search', toolCallId: 'c', state: 'output-error', errorText: 'no JSON' } as const;

describe('what a model is told', () => {
  it.each(['{"query": ', ['a'], null, undefined])(
    'has an object for the arguments of a call that had %j',
    async (input) => {
      const [told] = await toModelMessages([said({ ...call, input })], {});
      expect(told?.content).toMatchObject([{ type: 'tool-call', input: {} }]);
    },
  );

  it('has the arguments of a call as they were, where they are an object', async () => {
    const [told] = await toModelMessages([said({ ...call, input: { query: 'tides' } })], {});
    expect(told?.content).toMatchObject([{ type: 'tool-call', input: { query: 'tides' } }]);
  });

  it('has neither empty words nor thoughts that nothing came of', async () => {
    const thought = { type: 'reasoning', text: 'Hm.' } as const;
    const step = [{ type: 'step-start' }, thought, { type: 'text', text: '' }] as const;
    const messages = [said(...step), said(thought, { type: 'text', text: 'Noon.' }, ...step)];
    const told = await toModelMessages(messages, {});
    expect(told.map(({ content }) => content)).toMatchObject([[{ type: 'reasoning' }, { text: 'Noon.' }]]);
  });
});

describe('a message that was cut off', () => {
  it('keeps what a provider told of it, but for the ids of its last step', () => {
    const text = { type: 'text', text: 'Noon.', providerMetadata: { p: { itemId: 'i', phase: 'final' } } } as const;
    const { parts } = withoutItemIds(said({ type: 'step-start' }, text, { type: 'step-start' }, text));
    expect(parts).toEqual([
      { type: 'step-start' },
      text,
      { type: 'step-start' },
      { ...text, providerMetadata: { p: { phase: 'final' } } },
    ]);
  });
});
