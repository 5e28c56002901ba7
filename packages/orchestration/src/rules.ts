/**
 * Every rule of orchestration, as pure functions of a workflow and a state: which step is active, which tools it
 * offers, and what a tool call changes. Nothing here reads or writes; a workflow of null is an agent without steps.
 */

import { advanceEffects, type Effect, effectsOf } from './effects.ts';
import type { OrchestrationState, TokenUsage, ToolCall } from './orchestration-state.ts';
import { type Condition, permits, type Step, type Workflow } from './workflow.ts';

const maxRecentTools = 10;
const maxLoggedCalls = 100;

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
    pending: [],
    effects: [],
  };
}

/** The step the state names; the default one where a newer workflow has no such step; null without a workflow. */
export function currentStep(workflow: Workflow | null, state: OrchestrationState): Step | null {
  return workflow?.steps.find(({ name }) => name === state.activeStep) ?? defaultStep(workflow);
}

/**
 * Of the named tools, those that may be called now: the next of the step's sequence, else all the step permits; and,
 * beside them, those that an effect grants and the step does not deny. None that is cooling down.
 */
export function activeTools(workflow: Workflow | null, state: OrchestrationState, tools: readonly string[]): string[] {
  const step = currentStep(workflow, state);
  const next = nextInSequence(workflow, state);
  const isOffered = (tool: string) =>
    step === null ||
    (permits(step, tool) && (next === undefined || tool === next)) ||
    (isValueOf(effectsOf(state, 'tool'), tool) && !isDenied(step, tool));
  const cooling = effectsOf(state, 'cooldown');
  return tools.filter((tool) => isOffered(tool) && !isValueOf(cooling, tool));
}

/** What the model is told besides the agent's own instructions: those of the active step, then those of effects. */
export function activeInstructions(workflow: Workflow | null, state: OrchestrationState): string[] {
  const ofEffects = effectsOf(state, 'instructions').flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  return [currentStep(workflow, state)?.instructions ?? '', ...ofEffects].filter((text) => text !== '');
}

/**
 * The state after a tool call that was carried out; whether it was allowed is not asked here. A call that failed is
 * logged as recently used, but is no progress: neither conditions nor a sequence count it. The first step in the
 * workflow's order whose conditions this very call has made true is entered. Conditions that were true before enter
 * nothing, so a session stays in its step until something new happens.
 */
export function afterTool(workflow: Workflow | null, state: OrchestrationState, call: ToolCall): OrchestrationState {
  const logged = logCall(leaveVanishedStep(workflow, state), call);
  if (!call.ok) return logged;
  const counted = {
    ...logged,
    toolCounts: { ...state.toolCounts, [call.tool]: timesUsed(state, call.tool) + 1 },
    sequenceIndex: logged.sequenceIndex + (nextInSequence(workflow, logged) === call.tool ? 1 : 0),
  };
  const entered = workflow?.steps.find((step) => !isReady(step, state) && isReady(step, counted));
  return entered === undefined ? counted : enterStep(counted, entered.name);
}

/** Entering a step begins its sequence. Entering the active one changes nothing. */
export function enterStep(state: OrchestrationState, activeStep: string | null): OrchestrationState {
  return state.activeStep === activeStep ? state : { ...state, activeStep, sequenceIndex: 0 };
}

/** Takes the next tool of the active step's sequence for done, without a call of it. */
export function advanceSequence(workflow: Workflow | null, state: OrchestrationState): OrchestrationState {
  const inStep = leaveVanishedStep(workflow, state);
  return { ...inStep, sequenceIndex: inStep.sequenceIndex + 1 };
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

/** The state after a turn that came to its end, with effects that have one turn less. */
export function countTurn(state: OrchestrationState): OrchestrationState {
  return { ...advanceEffects(state).state, turnCount: state.turnCount + 1 };
}

function defaultStep(workflow: Workflow | null): Step | null {
  return workflow?.steps.find(({ isDefault }) => isDefault) ?? workflow?.steps[0] ?? null;
}

/** How far a sequence is done says nothing of another step's: it begins anew with the step that took the place. */
function leaveVanishedStep(workflow: Workflow | null, state: OrchestrationState): OrchestrationState {
  return workflow === null ? state : enterStep(state, currentStep(workflow, state)?.name ?? null);
}

function nextInSequence(workflow: Workflow | null, state: OrchestrationState): string | undefined {
  const inStep = leaveVanishedStep(workflow, state);
  return currentStep(workflow, inStep)?.sequence[inStep.sequenceIndex];
}

function logCall(state: OrchestrationState, call: ToolCall): OrchestrationState {
  const others = state.recentlyUsedTools.filter((name) => name !== call.tool);
  return {
    ...state,
    recentlyUsedTools: [call.tool, ...others].slice(0, maxRecentTools),
    toolLog: bounded([...state.toolLog, call]),
  };
}

/** Without its oldest calls, failed ones first: conditions look back at those that succeeded. */
function bounded(log: readonly ToolCall[]): ToolCall[] {
  if (log.length <= maxLoggedCalls) return [...log];
  const oldestFailed = log.findIndex(({ ok }) => !ok);
  return log.toSpliced(Math.max(0, oldestFailed), 1);
}

function isReady({ when }: Step, state: OrchestrationState): boolean {
  return when.length > 0 && when.every((condition) => holds(condition, state));
}

function holds(condition: Condition, state: OrchestrationState): boolean {
  const succeeded = state.toolLog.filter(({ ok }) => ok).map(({ tool }) => tool);
  switch (condition.type) {
    case 'tool_used': {
      const { tool, withinLast } = condition;
      return withinLast === undefined ? timesUsed(state, tool) > 0 : succeeded.slice(-withinLast).includes(tool);
    }
    case 'sequence_match': {
      const latest = succeeded.slice(-condition.tools.length);
      return latest.length === condition.tools.length && latest.every((tool, index) => tool === condition.tools[index]);
    }
  }
}

function isValueOf(effects: readonly Effect[], tool: string): boolean {
  return effects.some(({ value }) => value === tool);
}

/** By the step's own `deny`; not to be in its `allow` is something else. */
function isDenied(step: Step, tool: string): boolean {
  return !permits({ ...step, tools: { deny: step.tools.deny } }, tool);
}

function timesUsed({ toolCounts }: OrchestrationState, tool: string): number {
  return Object.hasOwn(toolCounts, tool) ? (toolCounts[tool] ?? 0) : 0;
}
