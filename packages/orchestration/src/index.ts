export { ClientView, OrchestrationState, TokenUsage, toClientView, ToolCall } from './orchestration-state.ts';
export {
  OrchestrationStateManager,
  type OrchestrationStateManagerOptions,
  type OwnerAccess,
} from './orchestration-state-manager.ts';
export { askFor, openCalls, type PendingAnswer, PendingCall, takeAnswers } from './pending.ts';
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
export type { Salvage, TurnLimits, TurnList } from './turn/turn-context.ts';
export { answersTo, attemptOf, isAnswering, messageIdOf } from './turn/turn-id.ts';
export type { StopOutcome } from './turn/stop.ts';
export { type Begun, TurnManager, type TurnManagerOptions, type TurnView } from './turn/turn-manager.ts';
export { turnAttachment } from './turn/turn-parts.ts';
