import { silentLogger } from '@stateroom/core';
import { defineWorkflow, initialOrchestrationState } from '@stateroom/orchestration';
import { jsonSchema, tool, type ToolExecutionOptions } from 'ai';
import { describe, expect, it } from 'vitest';
import { defineAgent } from './agent.ts';
import { guardTools, ToolRefusal } from './guard-tools.ts';
import { scriptedModel } from './scripted-model.ts';
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

function guarded(flow = workflow) {
  const agent = defineAgent({ id: 'desk', model: scriptedModel(), instructions: '', tools, workflow: flow });
  const progress = new TurnProgress(agent, initialOrchestrationState(flow, 's'));
  return { progress, guards: guardTools(agent.tools, progress, silentLogger) };
}

describe('the guard of a tool', () => {
  it('carries out nothing before a model step has begun, nor what that step was not offered', async () => {
    const { progress, guards } = guarded();
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
    const progress = new TurnProgress(agent, initialOrchestrationState(null, 's'));
    const guards = guardTools(agent.tools, progress, silentLogger);
    progress.beginModelStep();
    await expect((async () => guards['open']?.execute?.({}, options))()).rejects.toThrow('The tool failed.');
    const { toolLog, toolCounts } = progress.applyTo(initialOrchestrationState(null, 's'));
    expect([toolLog, toolCounts]).toMatchObject([[{ tool: 'open', ok: false }], {}]);
  });

  it('records a tool that streams its output when it has come to its end', async () => {
    const { progress, guards } = guarded(defineWorkflow({ steps: [{ name: 'any' }] }));
    progress.beginModelStep();
    const outputs = guards['stream']?.execute?.({}, options);
    const seen: unknown[] = [];
    const count = () => progress.applyTo(initialOrchestrationState(null, 's')).toolLog.length;
    for await (const output of outputs) seen.push(output, count());
    expect([seen, count()]).toEqual([['some', 0, 'all', 0], 1]);
  });
});
