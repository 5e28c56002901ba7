/**
 * Every rule of orchestration, as pure functions of a workflow and a state: which step is active, which tools it
 * offers, and what an event changes. Nothing here reads or writes; a workflow of null is an agent without steps.
 */

import type { z } from 'zod';
import { advanceEffects, type Effect, effectsOf } from './effects.ts';
import type { OrchestrationState, StepCause, TokenUsage, ToolCall } from './orchestration-state.ts';
import { conditionsHold, timesUsed } from './workflow/holds.ts';
import { type Situation, situationOf } from './workflow/situation.ts';
import type { Step } from './workflow/step.ts';
import { isDenied, permits } from './workflow/tool-pattern.ts';
import type { Workflow } from './workflow.ts';

/**
 * What may make the conditions of a step true: a tool call that was carried out, tokens that a model has used, a turn
 * that was completed or stopped, or a change of the state or the data from elsewhere.
 */
export type WorkflowEvent<S extends OrchestrationState = OrchestrationState> =
  | { readonly type: 'tool_called'; readonly call: ToolCall }
  | { readonly type: 'tokens_used'; readonly usage: z.input<typeof TokenUsage> }
  | { readonly type: 'turn_ended' }
  | { readonly type: 'changed'; readonly to: Situation<S> };

const maxRecentTools = 10;
const maxLoggedCalls = 100;

export function initialOrchestrationState(workflow: Workflow | null, sessionId: string): OrchestrationState {
  return {
    sessionId,
    activeStep: defaultStep(workflow)?.name ?? null,
    stepCause: null,
    recentlyUsedTools: [],
    toolLog: [],
    toolCounts: {},
    sequenceIndex: 0,
    turnCount: 0,
    cumulativeTokenUsage: {
      inputTokens: 0,
      outputTokens: 0,
      totalTokens: 0,
      cachedInputTokens: 0,
      reasoningTokens: 0,
    },
    pending: [],
    effects: [],
    data: null,
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
    (isValueOf(effectsOf(state, 'tool'), tool) && !isDenied(step.tools, tool));
  const cooling = effectsOf(state, 'cooldown');
  return tools.filter((tool) => isOffered(tool) && !isValueOf(cooling, tool));
}

/** What the model is told besides the agent's own instructions: those of the active step, then those of effects. */
export function activeInstructions(workflow: Workflow | null, state: OrchestrationState): string[] {
  const ofEffects = effectsOf(state, 'instructions').flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  return [currentStep(workflow, state)?.instructions ?? '', ...ofEffects].filter((text) => text !== '');
}

/**
 * The state after an event; whether it was allowed is not asked here. The first step in the workflow's order whose
 * conditions this very event has made true is entered. Conditions that were true before enter nothing, so a session
 * stays in its step until something new happens. Entering a step is no event.
 */
export function afterEvent<S extends OrchestrationState>(
  workflow: Workflow | null,
  before: Situation<S>,
  event: WorkflowEvent<NoInfer<S>>,
): S {
  const from = { ...before, state: leaveVanishedStep(workflow, before.state) };
  const to = outcomeOf(workflow, from, event);
  const entered = workflow?.steps.find((step) => !isReady(workflow, step, from) && isReady(workflow, step, to));
  return entered === undefined ? to.state : enterStep(to.state, entered.name, causeOf(event));
}

/**
 * The state after a tool call. A call that failed is logged as recently used, but is no progress: neither `tool_used` nor
 * a sequence counts it.
 */
export function afterTool<S extends OrchestrationState>(workflow: Workflow | null, state: S, call: ToolCall): S {
  return afterEvent(workflow, situationOf(state), { type: 'tool_called', call });
}

/** The state after a change of it, or of the data in it, that may make conditions true; unless it names a step itself. */
export function afterChange<S extends OrchestrationState>(workflow: Workflow | null, before: S, after: NoInfer<S>): S {
  if (after.activeStep !== before.activeStep) {
    const { activeStep, sequenceIndex } = after;
    const entered = enterStep({ ...after, activeStep: before.activeStep }, activeStep);
    return sequenceIndex === before.sequenceIndex ? entered : { ...entered, sequenceIndex };
  }
  return afterEvent(workflow, situationOf(before), { type: 'changed', to: situationOf(after) });
}

/** Entering a step begins its sequence. Entering the active one changes nothing. */
export function enterStep<S extends OrchestrationState>(
  state: S,
  activeStep: string | null,
  stepCause: StepCause | null = { event: 'application' },
): S {
  return state.activeStep === activeStep ? state : { ...state, activeStep, stepCause, sequenceIndex: 0 };
}

/** Takes the next tool of the active step's sequence for done, without a call of it. */
export function advanceSequence<S extends OrchestrationState>(workflow: Workflow | null, state: S): S {
  const inStep = leaveVanishedStep(workflow, state);
  return { ...inStep, sequenceIndex: inStep.sequenceIndex + 1 };
}

/** A state that is gone back to, with the tokens used until now: what was spent is not undone with what was said. */
export function keepUsage(
  restored: OrchestrationState,
  { cumulativeTokenUsage }: OrchestrationState,
): OrchestrationState {
  return { ...restored, cumulativeTokenUsage };
}

/** The step that a session begins in: the one that says so, or the first. */
export function defaultStep(workflow: Workflow | null): Step | null {
  return workflow?.steps.find(({ isDefault }) => isDefault) ?? workflow?.steps[0] ?? null;
}

/** The tool that the active step's sequence waits for, undefined when it waits for none. */
export function nextInSequence(workflow: Workflow | null, state: OrchestrationState): string | undefined {
  const inStep = leaveVanishedStep(workflow, state);
  return currentStep(workflow, inStep)?.sequence[inStep.sequenceIndex];
}

function outcomeOf<S extends OrchestrationState>(
  workflow: Workflow | null,
  { state, data }: Situation<S>,
  event: WorkflowEvent<S>,
): Situation<S> {
  switch (event.type) {
    case 'tool_called':
      return { state: countCall(workflow, state, event.call), data };
    case 'tokens_used':
      return { state: addTokenUsage(state, event.usage), data };
    case 'turn_ended':
      return { state: { ...advanceEffects(state).state, turnCount: state.turnCount + 1 }, data };
    case 'changed':
      return event.to;
  }
}

function causeOf<S extends OrchestrationState>(event: WorkflowEvent<S>): StepCause {
  return event.type === 'tool_called' ? { event: event.type, tool: event.call.tool } : { event: event.type };
}

function countCall<S extends OrchestrationState>(workflow: Workflow | null, state: S, call: ToolCall): S {
  const logged = logCall(state, call);
  if (!call.ok) return logged;
  return {
    ...logged,
    toolCounts: { ...state.toolCounts, [call.tool]: timesUsed(state, call.tool) + 1 },
    sequenceIndex: state.sequenceIndex + (nextInSequence(workflow, state) === call.tool ? 1 : 0),
  };
}

function addTokenUsage<S extends OrchestrationState>(state: S, usage: z.input<typeof TokenUsage>): S {
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens } = state.cumulativeTokenUsage;
  return {
    ...state,
    cumulativeTokenUsage: {
      inputTokens: inputTokens + usage.inputTokens,
      outputTokens: outputTokens + usage.outputTokens,
      totalTokens: totalTokens + usage.totalTokens,
      cachedInputTokens: cachedInputTokens + (usage.cachedInputTokens ?? 0),
      reasoningTokens: reasoningTokens + (usage.reasoningTokens ?? 0),
    },
  };
}

/** How far a sequence is done says nothing of another step's: it begins anew with the step that took the place. */
function leaveVanishedStep<S extends OrchestrationState>(workflow: Workflow | null, state: S): S {
  return workflow === null ? state : enterStep(state, currentStep(workflow, state)?.name ?? null, null);
}

function logCall<S extends OrchestrationState>(state: S, call: ToolCall): S {
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

function isValueOf(effects: readonly Effect[], tool: string): boolean {
  return effects.some(({ value }) => value === tool);
}

function isReady(workflow: Workflow, step: Step, situation: Situation): boolean {
  return step.when.length > 0 && conditionsHold(workflow, step, situation);
}
