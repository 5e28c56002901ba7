import { describe, expect, it } from 'vitest';
import { type ScriptedSituation, walkTheTools } from './scripted-reply.ts';

const schema = { properties: { ticket: { type: 'string' } }, required: ['ticket'] };
const situation = { userText: 'Hello', userMessages: 1, toolResults: [] };
const offeredTools = ['open_ticket', 'read_tickets', 'close_ticket'].map((name) => ({ name, inputSchema: schema }));

/** What is called when the user says this, after a call that gave these outputs. */
function called(userText: string, outputs: readonly object[] = []) {
  const toolResults: ScriptedSituation['toolResults'] = outputs.map((output) => ({
    name: 'open_ticket',
    output,
    isNew: false,
  }));
  return walkTheTools({ ...situation, userText, offeredTools, toolResults }).toolCalls;
}

describe('the walk through the tools', () => {
  it.each([
    ['Please close the ticket.', 'close_ticket'],
    ['Open a ticket, do not close it', 'open_ticket'],
    ['Which tickets are there?', 'read_tickets'],
    ['Hello', 'open_ticket'],
  ])('takes the tool that is named best: %s', (text, name) => {
    expect(called(text)).toMatchObject([{ name }]);
  });

  it.each([
    ['close it', 'T.17'],
    ['close t.4!', 't.4'],
    ['close T.4 or T.5', 'T.4'],
    ['close Tx4', 'T.17'],
    ['close xT.4', 'T.17'],
    ['close T.4x', 'T.17'],
  ])('hands on what was found before, or what the user names of its kind: %s', (text, ticket) => {
    const found = called(text, [{ ticket: 'T.1' }, { deep: [{ ticket: 'T.17' }] }]);
    expect(found).toEqual([{ name: 'close_ticket', input: { ticket } }]);
  });

  it('comes to an end where every tool was used: it says which there are', () => {
    const toolResults = offeredTools.map(({ name }) => ({ name, output: {}, isNew: false }));
    const reply = walkTheTools({ ...situation, offeredTools, toolResults });
    expect([reply.toolCalls, reply.text]).toEqual([undefined, expect.stringContaining('**read tickets**')]);
    expect(walkTheTools({ ...situation, offeredTools: [] }).text).toBe('I have no tool in this step.');
  });

  it('takes the words as they are where nothing was found, and what has no number, or is long, as it was found', () => {
    expect(called('close T.4')).toMatchObject([{ input: { ticket: 'close T.4' } }]);
    const long = 'long '.repeat(13);
    expect(called('close the lamp', [{ ticket: 'Lamp' }])).toMatchObject([{ input: { ticket: 'Lamp' } }]);
    expect(called(`close ${long}2`, [{ ticket: `${long}1` }])).toMatchObject([{ input: { ticket: `${long}1` } }]);
  });
});
