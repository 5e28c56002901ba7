export { Budget } from './budget/budget.ts';
export { BudgetKeeper, type BudgetKeeperOptions } from './budget/budget-keeper.ts';
export type { Admission } from './budget/admission.ts';
export type { TurnAccount } from './budget/turn-account.ts';
export { addEffect, advanceEffects, Effect, effectsOf, EffectView, removeEffect, type WithEffects } from './effects.ts';
export {
  ClientView,
  OrchestrationState,
  StepCause,
  TokenUsage,
  toClientView,
  ToolCall,
} from './orchestration-state.ts';
export {
  type AdvancedTurn,
  OrchestrationStateManager,
  type OrchestrationStateManagerOptions,
  type OwnerAccess,
} from './orchestration-state-manager.ts';
export { askFor, openCalls, type PendingAnswer, PendingCall, takeAnswers } from './pending.ts';
export {
  activeInstructions,
  activeTools,
  advanceSequence,
  afterChange,
  afterEvent,
  afterTool,
  currentStep,
  defaultStep,
  enterStep,
  initialOrchestrationState,
  keepUsage,
  type WorkflowEvent,
} from './rules.ts';
export { initialData, type SessionData, undescribedData } from './session-data.ts';
export { stateSchema, type StateWithData } from './state-schema.ts';
export { defineWorkflow, parseWorkflow, Workflow } from './workflow.ts';
export { workflowArrows, type WorkflowArrow } from './workflow/arrows.ts';
export { Condition } from './workflow/condition.ts';
export { type Explanation, explain } from './workflow/explain.ts';
export { toMermaid } from './workflow/mermaid.ts';
export { type Predicate, type Predicates, type Situation, situationOf } from './workflow/situation.ts';
export { Step } from './workflow/step.ts';
export { permits } from './workflow/tool-pattern.ts';
export { goToStep, goToStepTool, refusalToGo, stepsToGoTo } from './workflow/transitions.ts';
export { conditionsOnData, toolsNamedBy } from './workflow/walk.ts';
export type { BeginOptions, NotBegun, OverlapPolicy } from './turn/overlap.ts';
export type { SteeringMessage, TurnRequest } from './turn/mailbox.ts';
export { TurnRecord, type TurnReport, type TurnStatus, type TurnUsage } from './turn/stored.ts';
export type { FollowedChunks, FollowedEnd } from './turn/stream-log.ts';
export { Turn, type TurnEnding, type TurnOutcome, type TurnProgressReport, TurnStopped } from './turn/turn.ts';
export type { Salvage, TurnLimits, TurnList } from './turn/turn-context.ts';
export { answersTo, attemptOf, isAnswering, messageIdOf } from './turn/turn-id.ts';
export type { StopOutcome } from './turn/stop.ts';
export {
  type Begun,
  TurnManager,
  type TurnHistory,
  type TurnManagerOptions,
  type TurnView,
} from './turn/turn-manager.ts';
export { turnAttachment } from './turn/turn-parts.ts';
export { type PipelineOutcome, type PipelineView, type PipelineStatus } from './pipeline/outcome.ts';
export { PipelineManager, type PipelineManagerOptions } from './pipeline/pipeline-manager.ts';
export { pipelineAttachment } from './pipeline/pipeline-parts.ts';
export type { PipelineRunOptions } from './pipeline/run-request.ts';
export type { PipelineStep, SkipReason, StepContext } from './pipeline/step.ts';
export { StepResult } from './pipeline/stored.ts';
