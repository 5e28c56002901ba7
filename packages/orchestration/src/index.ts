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
