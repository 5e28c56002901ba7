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
  const next = step.sequence[state.sequenceIndex];
  return tools.filter((tool) => permits(step, tool) && (next === undefined || tool === next));
}

/**
 * The state after a tool call that was carried out. One that failed is logged, but moves nothing: it is no progress.
 * The first step, in the workflow's order, whose conditions this call has made true is entered. A step whose
 * conditions were true before stays where it is, so the active step holds until something new happens.
 */
export function afterTool(workflow: Workflow | null, state: OrchestrationState, call: ToolCall): OrchestrationState {
  const { tool, ok } = call;
  const logged = {
    ...state,
    recentlyUsedTools: [tool, ...state.recentlyUsedTools.filter((name) => name !== tool)].slice(0, recentTools),
    toolLog: [...state.toolLog, call].slice(-loggedCalls),
  };
  if (!ok) return logged;
  const isNextInSequence = currentStep(workflow, state)?.sequence[state.sequenceIndex] === tool;
  const after = {
    ...logged,
    toolCounts: { ...state.toolCounts, [tool]: timesUsed(state, tool) + 1 },
    sequenceIndex: state.sequenceIndex + (isNextInSequence ? 1 : 0),
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
