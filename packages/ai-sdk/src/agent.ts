import { StateroomError } from '@stateroom/core';
import type { OverlapPolicy, Workflow } from '@stateroom/orchestration';
import type { LanguageModel, ToolSet } from 'ai';
import type { ApprovalRule } from './tool-approval.ts';

export type AgentOptions = {
  /** The last segment of its route's path: 1–64 of a–z, 0–9 and `-`. Its sessions are bound to it. */
  readonly id: string;
  readonly model: LanguageModel;
  readonly instructions: string;
  /** One without an `execute` is the client's to carry out: the turn waits for its output. */
  readonly tools: ToolSet;
  /** Tools that run only when the user has approved the call, as in `{ refund: 'user-approval' }`. */
  readonly toolApproval?: Readonly<Record<string, ApprovalRule>>;
  /** How long a turn waits for an approval or an output, an hour by default. */
  readonly pendingTtlMs?: number;
  /** Without one, every tool is offered all the time. */
  readonly workflow?: Workflow;
  /** The most model steps of one turn, 20 by default. */
  readonly maxModelSteps?: number;
  /** What a message does that comes while a turn runs: 'reject' by default. */
  readonly overlap?: OverlapPolicy;
  /** What a crash can cost: 'step', the default, no more than the model step it interrupts; 'turn' the turn. */
  readonly durability?: 'step' | 'turn';
  /** How much of the transcript the model is shown: all of it by default. */
  readonly history?: { readonly lastMessages: number };
};

export type Agent = Readonly<Required<Omit<AgentOptions, 'workflow' | 'history'>>> & {
  readonly workflow: Workflow | null;
  readonly history: { readonly lastMessages: number } | null;
};

/** An agent, looked through before a user meets it: INVALID, with the path, for what could never work. */
export function defineAgent({ workflow, history, ...options }: AgentOptions): Agent {
  const { maxModelSteps = 20, overlap = 'reject', durability = 'step' } = options;
  const { toolApproval = {}, pendingTtlMs = hourMs } = options;
  const agent = {
    ...options,
    maxModelSteps,
    overlap,
    durability,
    toolApproval,
    pendingTtlMs,
    workflow: workflow ?? null,
    history: history ?? null,
  };
  const { lastMessages = 1 } = agent.history ?? {};
  if (!isCount(lastMessages)) throw invalid('history.lastMessages', 'is not an integer from 1 up');
  if (!/^[a-z0-9-]{1,64}$/.test(agent.id)) throw invalid('id', 'is not 1–64 of a–z, 0–9 and -');
  if (!isCount(maxModelSteps)) throw invalid('maxModelSteps', 'is not an integer from 1 up');
  if (!isCount(pendingTtlMs)) throw invalid('pendingTtlMs', 'is not an integer from 1 up');
  refuseUnknownTools(agent);
  return agent;
}

const hourMs = 60 * 60_000;

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function refuseUnknownTools({ workflow, tools, toolApproval }: Agent): void {
  const names = Object.keys(tools);
  const approved = Object.keys(toolApproval).map((name) => ({ name, path: `toolApproval.${name}` }));
  const permitted = toolsNamedBy(workflow).filter(({ name }) => !name.includes('*'));
  for (const { name, path } of [...permitted, ...approved]) {
    if (names.includes(name)) continue;
    throw invalid(path, `names the tool "${name}", which the agent does not have; it has ${names.join(', ')}`);
  }
  for (const { name, path } of approved) if (tools[name]?.execute === undefined) throw invalid(path, clientAsks);
  for (const [name, { execute, needsApproval }] of Object.entries(tools)) {
    if (execute === undefined && needsApproval !== undefined) throw invalid(`tools.${name}`, clientAsks);
  }
}

const clientAsks = 'is a tool that the client carries out: ask there, and have it answer';

function toolsNamedBy(workflow: Workflow | null): { name: string; path: string }[] {
  return (workflow?.steps ?? []).flatMap(({ when, tools, sequence }, index) => {
    const at = (path: string) => (name: string) => ({ name, path: `workflow.steps[${index}].${path}` });
    const conditions = when.flatMap((condition) =>
      condition.type === 'tool_used' ? [condition.tool] : condition.tools,
    );
    return [
      ...conditions.map(at('when')),
      ...(tools.allow ?? []).map(at('tools.allow')),
      ...(tools.deny ?? []).map(at('tools.deny')),
      ...sequence.map(at('sequence')),
    ];
  });
}

function invalid(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID', `agent ${path} ${fault}`, { path });
}
