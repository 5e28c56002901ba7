import { convertToModelMessages, generateText, type UIMessage } from 'ai';
import { describe, expect, it } from 'vitest';
import { scriptedModel } from '../scripted-model.ts';
import { closeMessage, fromTranscript, toTranscript } from './transcript.ts';

const toolPart = { type: 'tool-search', toolCallId: 'c1' } as const;
const assistant = (...parts: UIMessage['parts']): UIMessage => ({ id: 'a', role: 'assistant', parts });
const user: UIMessage = { id: 'u', role: 'user', parts: [{ type: 'text', text: 'hi' }] };

const open: readonly (readonly [string, UIMessage])[] = [
  ['input-streaming', assistant({ ...toolPart, state: 'input-streaming', input: { que: 1 } })],
  ['input-available', assistant({ ...toolPart, state: 'input-available', input: { query: 'x' } })],
  [
    'approval-responded',
    assistant({ ...toolPart, state: 'approval-responded', input: {}, approval: { id: 'p', approved: true } }),
  ],
  [
    'dynamic',
    assistant({ type: 'dynamic-tool', toolName: 'search', toolCallId: 'c1', state: 'input-available', input: {} }),
  ],
];

describe('a transcript', () => {
  it.each(open)('with a tool call left open (%s) is closed, and a model takes it', async (_state, message) => {
    const closed = closeMessage(message);
    expect(closed.parts[0]).toMatchObject({
      state: 'output-error',
      toolCallId: 'c1',
      errorText: expect.stringContaining('interrupted'),
    });
    const stored = await fromTranscript(JSON.parse(JSON.stringify(await toTranscript([user, message]))));
    expect(stored).toEqual([user, closed]);
    const messages = await convertToModelMessages([...stored, { ...user, id: 'u2' }]);
    await generateText({ model: scriptedModel(), messages, maxRetries: 0 });
  });

  it.each([
    ['nobody answered', assistant({ ...toolPart, state: 'approval-requested', input: {}, approval: { id: 'p' } })],
    [
      'was denied',
      assistant({ ...toolPart, state: 'approval-responded', input: {}, approval: { id: 'p', approved: false } }),
    ],
  ])('with an approval that %s is closed as denied, and a model takes it', async (_what, message) => {
    const stored = await fromTranscript(await toTranscript([user, message]));
    expect(stored[1]?.parts[0]).toMatchObject({ state: 'output-denied', approval: { id: 'p', approved: false } });
    const messages = await convertToModelMessages([...stored, { ...user, id: 'u2' }]);
    await generateText({ model: scriptedModel(), messages, maxRetries: 0 });
  });

  it('keeps a call open that waits, and puts what became of it in its place', async () => {
    const waiting = assistant({ ...toolPart, state: 'input-available', input: {} });
    const [item] = await toTranscript([waiting], () => true);
    expect(await fromTranscript([item], (id) => id === 'c1')).toEqual([waiting]);
    const done = assistant(
      { ...toolPart, state: 'output-available', input: {}, output: 1 },
      { type: 'text', text: 'ok' },
    );
    expect(await fromTranscript([item, ...(await toTranscript([done]))])).toEqual([done]);
  });

  it('is left as it is where nothing is open', () => {
    const done = assistant(
      { ...toolPart, state: 'output-available', input: {}, output: 1 },
      { type: 'text', text: 'ok', state: 'done' },
    );
    expect(closeMessage(done)).toEqual(done);
  });

  it('that is corrupt or of newer code is told apart', async () => {
    await expect(fromTranscript([{ what: 1 }])).rejects.toMatchObject({ code: 'INVALID_STATE', path: 'messages[0]' });
    await expect(fromTranscript([{ format: 'ai-ui@7', message: { id: 1 } }])).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    await expect(fromTranscript([{ format: 'ai-ui@9', message: user }])).rejects.toMatchObject({
      code: 'NEWER_VERSION',
    });
  });
});
