import { StateroomError } from '@stateroom/core';
import { goToStepTool, type OverlapPolicy, toolsNamedBy, type Workflow } from '@stateroom/orchestration';
import type { LanguageModel, ToolSet } from 'ai';

export type AgentOptions = {
  /** The last segment of its route's path: 1–64 of a–z, 0–9 and `-`. Its sessions are bound to it. */
  readonly id: string;
  readonly model: LanguageModel;
  /** The models that steps of the workflow name, where one speaks in place of `model`. */
  readonly models?: Readonly<Record<string, LanguageModel>>;
  readonly instructions: string;
  /** Each with an `execute`: tools that run in the client or wait for an approval are refused. */
  readonly tools: ToolSet;
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
  const { models = {}, maxModelSteps = 20, overlap = 'reject', durability = 'step' } = options;
  const agent = {
    ...options,
    models,
    maxModelSteps,
    overlap,
    durability,
    workflow: workflow ?? null,
    history: history ?? null,
  };
  const { lastMessages = 1 } = agent.history ?? {};
  if (!Number.isSafeInteger(lastMessages) || lastMessages < 1)
    throw invalid('history.lastMessages', 'is not an integer from 1 up');
  if (!/^[a-z0-9-]{1,64}$/.test(agent.id)) throw invalid('id', 'is not 1–64 of a–z, 0–9 and -');
  if (!Number.isSafeInteger(maxModelSteps) || maxModelSteps < 1)
    throw invalid('maxModelSteps', 'is not an integer from 1 up');
  for (const [name, tool] of Object.entries(agent.tools)) {
    if (tool.execute === undefined) throw invalid(`tools.${name}`, 'has no execute');
    if (tool.needsApproval !== undefined)
      throw invalid(`tools.${name}`, 'waits for an approval, which no route answers');
  }
  refuseUnknownNames(agent);
  return agent;
}

/** Of tools and models in the workflow: what is misspelt there would be missing when a user comes. */
function refuseUnknownNames({ workflow, tools, models }: Agent): void {
  if (workflow === null) return;
  const names = Object.keys(tools);
  for (const { tool, path } of toolsNamedBy(workflow)) {
    if (tool.includes('*') || names.includes(tool)) continue;
    throw invalid(path, `names the tool "${tool}", which the agent does not have; it has ${names.join(', ')}`);
  }
  for (const [index, { model }] of workflow.steps.entries()) {
    if (model === undefined || Object.hasOwn(models, model)) continue;
    const known = Object.keys(models).join(', ') || 'none';
    throw invalid(`workflow.steps[${index}].model`, `is none of the agent's models; it has ${known}`);
  }
  if (workflow.transitions === 'model' && names.includes(goToStepTool))
    throw invalid(
      `tools.${goToStepTool}`,
      'has the name by which the model moves from step to step; call it otherwise',
    );
}

function invalid(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID', `agent ${path} ${fault}`, { path });
}
