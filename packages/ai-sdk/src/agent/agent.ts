import { StateroomError } from '@stateroom/core';
import {
  Budget,
  conditionsOnData,
  goToStepTool,
  type OverlapPolicy,
  type SessionData,
  toolsNamedBy,
  type Workflow,
} from '@stateroom/orchestration';
import type { LanguageModel, ToolSet } from 'ai';
import { agentData } from './agent-data.ts';
import type { ApprovalRule } from './tool-approval.ts';

export type AgentOptions<D = unknown> = {
  /** The last segment of its route's path: 1–64 of a–z, 0–9 and `-`. Its sessions are bound to it. */
  readonly id: string;
  readonly model: LanguageModel;
  /** The models that steps of the workflow name, where one speaks in place of `model`. */
  readonly models?: Readonly<Record<string, LanguageModel>>;
  readonly instructions: string;
  /** One without an `execute` is the client's to carry out: the turn waits for its output. */
  readonly tools: ToolSet;
  /** Tools that run only when the user has approved the call, as in `{ refund: 'user-approval' }`. */
  readonly toolApproval?: Readonly<Record<string, ApprovalRule>>;
  /** How long a question stays open, half an hour by default; no longer than its session lives unused. */
  readonly pendingTtlMs?: number;
  /** Without one, every tool is offered all the time. */
  readonly workflow?: Workflow;
  /** The application's own data of each session, which tools read and change by `sessionOf`. None by default. */
  readonly data?: SessionData<D> | null;
  /** The most model steps of one turn, 20 by default. */
  readonly maxModelSteps?: number;
  /** What a message does that comes while a turn runs: 'reject' by default. */
  readonly overlap?: OverlapPolicy;
  /** What a crash can cost: 'step', the default, no more than the model step it interrupts; 'turn' the turn. */
  readonly durability?: 'step' | 'turn';
  /** How much of the transcript the model is shown: all of it by default. */
  readonly history?: { readonly lastMessages: number };
  /** How many tokens a session, or an owner within a window, may use before the next turn is refused; no end by default. */
  readonly budget?: Budget | null;
};

export type Agent = Readonly<Required<Omit<AgentOptions, 'workflow' | 'history' | 'data' | 'budget'>>> & {
  readonly workflow: Workflow | null;
  readonly history: { readonly lastMessages: number } | null;
  readonly data: SessionData | null;
  readonly budget: Budget | null;
};

/** An agent, looked through before a user meets it: INVALID, with the path, for what could never work. */
export function defineAgent<D = unknown>({ workflow, history, data, budget, ...options }: AgentOptions<D>): Agent {
  const { models = {}, maxModelSteps = 20, overlap = 'reject', durability = 'step' } = options;
  const { toolApproval = {}, pendingTtlMs = halfAnHourMs } = options;
  const agent = {
    ...options,
    models,
    maxModelSteps,
    overlap,
    durability,
    toolApproval,
    pendingTtlMs,
    workflow: workflow ?? null,
    history: history ?? null,
    data: data ? agentData(data) : null,
    budget: budget ? validBudget(budget) : null,
  };
  const { lastMessages = 1 } = agent.history ?? {};
  if (!isCount(lastMessages)) throw invalid('history.lastMessages', 'is not an integer from 1 up');
  if (!/^[a-z0-9-]{1,64}$/.test(agent.id)) throw invalid('id', 'is not 1–64 of a–z, 0–9 and -');
  if (!isCount(maxModelSteps)) throw invalid('maxModelSteps', 'is not an integer from 1 up');
  if (!isCount(pendingTtlMs)) throw invalid('pendingTtlMs', 'is not an integer from 1 up');
  refuseUnknownNames(agent);
  refuseMissingData(agent);
  refuseClientApprovals(agent);
  return agent;
}

function validBudget(budget: Budget): Budget {
  const { success, data, error } = Budget.safeParse(budget);
  if (success) return data;
  const [issue] = error.issues;
  throw invalid(['budget', ...(issue?.path ?? [])].join('.'), `is not as it can be: ${issue?.message}`);
}

/** No longer than a session lives by default without being used. */
const halfAnHourMs = 30 * 60_000;

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** Of tools and models in the workflow: what is misspelt there would be missing when a user comes. */
function refuseUnknownNames({ workflow, tools, models, toolApproval }: Agent): void {
  const names = Object.keys(tools);
  const approved = Object.keys(toolApproval).map((tool) => ({ tool, path: `toolApproval.${tool}` }));
  const permitted = workflow === null ? [] : toolsNamedBy(workflow).filter(({ tool }) => !tool.includes('*'));
  for (const { tool, path } of [...permitted, ...approved]) {
    if (names.includes(tool)) continue;
    throw invalid(path, `names the tool "${tool}", which the agent does not have; it has ${names.join(', ')}`);
  }
  for (const [index, { model }] of (workflow?.steps ?? []).entries()) {
    if (model === undefined || Object.hasOwn(models, model)) continue;
    const known = Object.keys(models).join(', ') || 'none';
    throw invalid(`workflow.steps[${index}].model`, `is none of the agent's models; it has ${known}`);
  }
  if (workflow?.transitions === 'model' && names.includes(goToStepTool))
    throw invalid(
      `tools.${goToStepTool}`,
      'has the name by which the model moves from step to step; call it otherwise',
    );
}

function refuseMissingData({ workflow, data }: Agent): void {
  const [path] = workflow === null || data !== null ? [] : conditionsOnData(workflow);
  if (path === undefined) return;
  throw invalid(path, 'points into data, which the agent does not have; say `data: { schema, initial }`');
}

function refuseClientApprovals({ tools, toolApproval }: Agent): void {
  const fault = 'is a tool that the client carries out: ask there, and have it answer';
  for (const [name, { execute, needsApproval }] of Object.entries(tools)) {
    if (execute !== undefined) continue;
    if (Object.hasOwn(toolApproval, name)) throw invalid(`toolApproval.${name}`, fault);
    if (needsApproval !== undefined) throw invalid(`tools.${name}`, fault);
  }
}

function invalid(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID', `agent ${path} ${fault}`, { path });
}
