import { silentLogger } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { defineWorkflow } from '@stateroom/orchestration';
import { jsonSchema, tool, type ToolExecutionOptions } from 'ai';
import { describe, expect, it } from 'vitest';
import { type Agent, defineAgent } from '../agent/agent.ts';
import { roomOf } from '../agent/agent-room.ts';
import { guardTools, ToolRefusal } from './guard-tools.ts';
import { scriptedModel } from '../scripted-model.ts';
import { TurnProgress } from './turn-progress.ts';

const ran: string[] = [];
const inputSchema = jsonSchema<object>({ type: 'object', properties: {} });
const named = (name: string) =>
  tool({
    inputSchema,
    execute: () => {
      ran.push(name);
      return name;
    },
  });

const workflow = defineWorkflow({ steps: [{ name: 'first', tools: { allow: ['open'] } }] });
const tools = {
  open: named('open'),
  shut: named('shut'),
  stream: tool({
    inputSchema,
    async *execute() {
      yield 'some';
      yield 'all';
    },
  }),
};
const options: ToolExecutionOptions<never> = { toolCallId: 'c', messages: [], context: undefined as never };

async function begun(agent: Agent) {
  const { sessions, turns } = roomOf(agent, { storage: memoryStorage() });
  await sessions.createSession({ sessionId: 's', agentId: agent.id, owner: 'me' });
  const begin = await turns.begin('s', { messageId: 'm', input: [], agentId: agent.id, owner: 'me' });
  if (begin.status !== 'started') throw new Error(begin.status);
  const progress = new TurnProgress(agent, begin.turn);
  return { progress, turn: begin.turn, guards: guardTools(agent.tools, progress, silentLogger) };
}

async function guarded(flow = workflow) {
  return begun(defineAgent({ id: 'desk', model: scriptedModel(), instructions: '', tools, workflow: flow }));
}

describe('the guard of a tool', () => {
  it('carries out nothing before a model step has begun, nor what that step was not offered', async () => {
    const { progress, guards } = await guarded();
    const call = (name: string) => async () => guards[name]?.execute?.({}, options);
    await expect(call('open')()).rejects.toThrow(ToolRefusal);
    expect(progress.beginModelStep().activeTools).toEqual(['open']);
    await expect(call('shut')()).rejects.toThrow('Tool "shut" is not allowed in step "first". Allowed now: open.');
    expect(await call('open')()).toBe('open');
    expect(ran).toEqual(['open']);
  });

  it.each<readonly [string, () => unknown]>([
    [
      'at once',
      () => {
        throw new Error('no');
      },
    ],
    ['later', () => Promise.reject(new Error('no'))],
  ])('records a tool that throws %s as a call that failed', async (_when, execute) => {
    const failing = { open: tool({ inputSchema, execute }) };
    const agent = defineAgent({ id: 'desk', model: scriptedModel(), instructions: '', tools: failing });
    const { progress, guards } = await begun(agent);
    progress.beginModelStep();
    await expect((async () => guards['open']?.execute?.({}, options))()).rejects.toThrow('The tool failed.');
    const { toolLog, toolCounts } = progress.turn.state;
    expect([toolLog, toolCounts]).toMatchObject([[{ tool: 'open', ok: false }], {}]);
  });

  it('records a tool that streams its output when it has come to its end', async () => {
    const { progress, guards } = await guarded(defineWorkflow({ steps: [{ name: 'any' }] }));
    progress.beginModelStep();
    const outputs = guards['stream']?.execute?.({}, options);
    const seen: unknown[] = [];
    const count = () => progress.turn.state.toolLog.length;
    for await (const output of outputs) seen.push(output, count());
    expect([seen, count()]).toEqual([['some', 0, 'all', 0], 1]);
  });

  it('carries out nothing more of a turn that is stopped, or has lost its lease', async () => {
    const { progress, turn, guards } = await guarded();
    progress.beginModelStep();
    turn.request('stopped');
    await expect((async () => guards['open']?.execute?.({}, options))()).rejects.toMatchObject({ name: 'TurnStopped' });
    expect(ran.filter((name) => name === 'open')).toHaveLength(1);
    await turn.end();
  });
});
