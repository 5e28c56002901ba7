export { ClientView, OrchestrationState, TokenUsage, toClientView, ToolCall } from './orchestration-state.ts';
export {
  OrchestrationStateManager,
  type OrchestrationStateManagerOptions,
  type OwnerAccess,
} from './orchestration-state-manager.ts';
export {
  activeTools,
  addTokenUsage,
  advanceSequence,
  afterTool,
  countTurn,
  currentStep,
  enterStep,
  initialOrchestrationState,
} from './rules.ts';
export { Condition, defineWorkflow, permits, Step, Workflow } from './workflow.ts';
export type { BeginOptions, NotBegun, OverlapPolicy } from './turn/overlap.ts';
export type { SteeringMessage, TurnRequest } from './turn/mailbox.ts';
export { TurnRecord, type TurnReport, type TurnStatus, type TurnUsage } from './turn/stored.ts';
export type { FollowedChunks, FollowedEnd } from './turn/stream-log.ts';
export { Turn, type TurnEnding, type TurnOutcome, type TurnProgressReport, TurnStopped } from './turn/turn.ts';
export type { TurnLimits, TurnList } from './turn/turn-context.ts';
export { attemptOf, messageIdOf } from './turn/turn-id.ts';
export {
  type Begun,
  type StopOutcome,
  TurnManager,
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
