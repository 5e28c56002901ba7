import type { OrchestrationState, TokenUsage, ToolCall } from './orchestration-state.ts';
import { type Condition, permits, type Step, type Workflow } from './workflow.ts';

/**
 * Every rule of orchestration, as pure functions of a workflow and a state: which step is active, which tools it
 * offers, and what a tool call changes. Nothing here reads or writes; a workflow of null is an agent without steps.
 */

const recentTools = 10;
const loggedCalls = 100;

export function initialOrchestrationState(workflow: Workflow | null, sessionId: string): OrchestrationState {
  return {
    sessionId,
    activeStep: defaultStep(workflow)?.name ?? null,
    recentlyUsedTools: [],
    toolLog: [],
    toolCounts: {},
    sequenceIndex: 0,
    turnCount: 0,
    cumulativeTokenUsage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  };
}

/** The step the state names; the default one where a newer workflow has no such step; null without a workflow. */
export function currentStep(workflow: Workflow | null, state: OrchestrationState): Step | null {
  return workflow?.steps.find(({ name }) => name === state.activeStep) ?? defaultStep(workflow);
}

/** Of the named tools, those that may be called now: the next of the step's sequence, else all the step permits. */
export function activeTools(workflow: Workflow | null, state: OrchestrationState, tools: readonly string[]): string[] {
  const step = currentStep(workflow, state);
  if (step === null) return [...tools];
  const next = nextInSequence(workflow, state);
  return tools.filter((tool) => permits(step, tool) && (next === undefined || tool === next));
}

/**
 * The state after a tool call that was carried out. A call that failed is logged as recently used, but is no progress:
 * neither conditions nor a sequence count it. The first step in the workflow's order whose conditions this very call
 * has made true is entered. Conditions that were true before enter nothing, so a session stays in its step until
 * something new happens.
 */
export function afterTool(workflow: Workflow | null, state: OrchestrationState, call: ToolCall): OrchestrationState {
  const { tool, ok } = call;
  const logged = {
    ...state,
    recentlyUsedTools: [tool, ...state.recentlyUsedTools.filter((name) => name !== tool)].slice(0, recentTools),
    toolLog: [...state.toolLog, call].slice(-loggedCalls),
  };
  if (!ok) return logged;
  const inStep = enterStep(logged, currentStep(workflow, state)?.name ?? state.activeStep);
  const isNext = nextInSequence(workflow, state) === tool;
  const after = {
    ...inStep,
    toolCounts: { ...state.toolCounts, [tool]: timesUsed(state, tool) + 1 },
    sequenceIndex: inStep.sequenceIndex + (isNext ? 1 : 0),
  };
  const entered = workflow?.steps.find((step) => !isReady(step, state) && isReady(step, after));
  return entered === undefined ? after : enterStep(after, entered.name);
}

/** Entering a step begins its sequence. Entering the active one changes nothing. */
export function enterStep(state: OrchestrationState, activeStep: string | null): OrchestrationState {
  return state.activeStep === activeStep ? state : { ...state, activeStep, sequenceIndex: 0 };
}

export function advanceSequence(state: OrchestrationState): OrchestrationState {
  return { ...state, sequenceIndex: state.sequenceIndex + 1 };
}

export function addTokenUsage(state: OrchestrationState, usage: TokenUsage): OrchestrationState {
  const { inputTokens, outputTokens, totalTokens } = state.cumulativeTokenUsage;
  return {
    ...state,
    cumulativeTokenUsage: {
      inputTokens: inputTokens + usage.inputTokens,
      outputTokens: outputTokens + usage.outputTokens,
      totalTokens: totalTokens + usage.totalTokens,
    },
  };
}

/** The state after a turn that came to its end. */
export function countTurn(state: OrchestrationState): OrchestrationState {
  return { ...state, turnCount: state.turnCount + 1 };
}

function defaultStep(workflow: Workflow | null): Step | null {
  return workflow?.steps.find(({ isDefault }) => isDefault) ?? workflow?.steps[0] ?? null;
}

function nextInSequence(workflow: Workflow | null, state: OrchestrationState): string | undefined {
  const step = currentStep(workflow, state);
  if (step === null) return undefined;
  // An index into the sequence of a step that is there no more says nothing of the default step's.
  return step.sequence[step.name === state.activeStep ? state.sequenceIndex : 0];
}

function isReady({ when }: Step, state: OrchestrationState): boolean {
  return when.length > 0 && when.every((condition) => holds(condition, state));
}

function holds(condition: Condition, state: OrchestrationState): boolean {
  if (condition.type === 'tool_used' && condition.withinLast === undefined) return timesUsed(state, condition.tool) > 0;
  const succeeded = state.toolLog.filter(({ ok }) => ok).map(({ tool }) => tool);
  if (condition.type === 'tool_used') return succeeded.slice(-(condition.withinLast ?? 1)).includes(condition.tool);
  const latest = succeeded.slice(-condition.tools.length);
  return latest.length === condition.tools.length && latest.every((tool, index) => tool === condition.tools[index]);
}

function timesUsed({ toolCounts }: OrchestrationState, tool: string): number {
  return Object.hasOwn(toolCounts, tool) ? (toolCounts[tool] ?? 0) : 0;
}
