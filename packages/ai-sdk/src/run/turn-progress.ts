import {
  activeInstructions,
  activeTools,
  afterChange,
  afterEvent,
  currentStep,
  goToStep,
  goToStepTool,
  type OrchestrationState,
  refusalToGo,
  situationOf,
  type Step,
  stepsToGoTo,
  type ToolCall,
  type Turn,
  type TurnReport,
  type TurnUsage,
  type WorkflowEvent,
} from '@stateroom/orchestration';
import type { LanguageModel, LanguageModelUsage } from 'ai';
import type { Agent } from '../agent/agent.ts';
import { refuseUnstorable } from '../agent/agent-data.ts';

/** What a turn does to the orchestration state, by the rules of the agent's workflow, and what there is to tell of it. */
export class TurnProgress {
  readonly turn: Turn<OrchestrationState>;
  readonly #agent: Agent;
  readonly #stepBefore: string | null;
  readonly #tools: { name: string; ok: boolean; durationMs?: number | undefined }[] = [];
  #usage: TurnUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  #offered: readonly string[] = [];

  constructor(agent: Agent, turn: Turn<OrchestrationState>) {
    this.#agent = agent;
    this.turn = turn;
    this.#stepBefore = turn.state.activeStep;
  }

  /** For the turn's record. */
  get report(): TurnReport {
    return {
      activeStepBefore: this.#stepBefore,
      activeStepAfter: this.turn.state.activeStep,
      tools: this.#tools,
      usage: this.#usage,
    };
  }

  /** Whether sessions of the agent have data of the application's own. */
  get hasData(): boolean {
    return this.#agent.data !== null;
  }

  /** Lets those tools run from here on that the active step and effects allow. */
  offerTools(): string[] {
    const { workflow, tools } = this.#agent;
    const { state } = this.turn;
    const offered = activeTools(workflow, state, Object.keys(tools));
    if (stepsToGoTo(workflow, situationOf(state)).length > 0) offered.push(goToStepTool);
    this.#offered = offered;
    return offered;
  }

  /**
   * What the coming model step may do, by the active step and by effects: its tools, its instructions after the agent's
   * own, the steps that may be chosen, and who speaks.
   */
  beginModelStep(): { activeTools: string[]; instructions: string; model: LanguageModel } {
    const { workflow, instructions, model, models } = this.#agent;
    const { state } = this.turn;
    const goals = stepsToGoTo(workflow, situationOf(state));
    const step = currentStep(workflow, state);
    const parts = [instructions, ...activeInstructions(workflow, state), choiceText(goals)];
    return {
      activeTools: this.offerTools(),
      instructions: parts
        .filter((part) => part !== '')
        .join('\n\n')
        .trim(),
      model: step?.model === undefined ? model : (models[step.model] ?? model),
    };
  }

  /** Null when the model step was offered the tool, else what to tell the model. */
  refusal(tool: string): string | null {
    if (this.#offered.includes(tool)) return null;
    const step = currentStep(this.#agent.workflow, this.turn.state)?.name ?? 'none';
    const allowed = this.#offered.length === 0 ? 'no tool' : this.#offered.join(', ');
    return `Tool "${tool}" is not allowed in step "${step}". Allowed now: ${allowed}.`;
  }

  /** For the turn's record alone: the state knows of it already. */
  noteTool(call: ToolCall): void {
    this.#tools.push({ name: call.tool, ok: call.ok, durationMs: call.durationMs });
  }

  recordTool(call: ToolCall): void {
    this.noteTool(call);
    this.#happened({ type: 'tool_called', call });
  }

  /** A change by a tool, looked through at once: INVALID_STATE, with the path, for a state that cannot be. */
  change(change: (state: OrchestrationState) => OrchestrationState): void {
    const { workflow, data } = this.#agent;
    const changed = (state: OrchestrationState) =>
      afterChange(workflow, state, { ...change(state), sessionId: state.sessionId });
    refuseUnstorable(changed(this.turn.state), data);
    this.turn.update(changed);
  }

  /** Goes to the step that the model has chosen; null when it may, else what to tell it. */
  goToStep(goal: string): string | null {
    const refusal = refusalToGo(this.#agent.workflow, situationOf(this.turn.state), goal);
    this.#tools.push({ name: goToStepTool, ok: refusal === null });
    const { workflow } = this.#agent;
    // Asked again of whatever is stored by then: the application may have moved the session meanwhile.
    const go = (state: OrchestrationState) =>
      refusalToGo(workflow, situationOf(state), goal) === null ? goToStep(state, goal) : state;
    if (refusal === null) this.turn.update(go);
    return refusal;
  }

  recordUsage({ inputTokens, outputTokens, totalTokens, ...details }: LanguageModelUsage): void {
    const [input, output] = [wholeNumber(inputTokens), wholeNumber(outputTokens)];
    this.#add({
      inputTokens: input,
      outputTokens: output,
      totalTokens: Math.max(wholeNumber(totalTokens), input + output),
      cachedInputTokens: wholeNumber(details.inputTokenDetails.cacheReadTokens),
      reasoningTokens: wholeNumber(details.outputTokenDetails.reasoningTokens),
    });
  }

  /** For a model that was cut off before it told: a token is about four characters. */
  estimateUsage({ read, written }: { readonly read: number; readonly written: number }): void {
    const [inputTokens, outputTokens] = [Math.ceil(read / 4), Math.ceil(written / 4)];
    this.#add({ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true });
  }

  /** A turn that was completed, or stopped, is one more, and effects have one turn less. */
  recordEnd(): void {
    this.#happened({ type: 'turn_ended' });
  }

  #add(usage: TurnUsage): void {
    const sum = (name: 'cachedInputTokens' | 'reasoningTokens') => (this.#usage[name] ?? 0) + (usage[name] ?? 0);
    this.#usage = {
      inputTokens: this.#usage.inputTokens + usage.inputTokens,
      outputTokens: this.#usage.outputTokens + usage.outputTokens,
      totalTokens: this.#usage.totalTokens + usage.totalTokens,
      cachedInputTokens: sum('cachedInputTokens'),
      reasoningTokens: sum('reasoningTokens'),
      ...((this.#usage.estimated || usage.estimated) && { estimated: true }),
    };
    const { estimated: _, ...tokens } = usage;
    this.#happened({ type: 'tokens_used', usage: tokens });
  }

  #happened(event: WorkflowEvent): void {
    this.turn.update((state) => afterEvent(this.#agent.workflow, situationOf(state), event));
  }
}

/** The steps that the model may choose, as it is told of them; nothing when there are none. */
function choiceText(goals: readonly Step[]): string {
  if (goals.length === 0) return '';
  const lines = goals.map(({ name, description }) => `- ${name}${description === undefined ? '' : `: ${description}`}`);
  return [`With ${goToStepTool} you may go to one of these steps:`, ...lines].join('\n');
}

/** What a provider reports is not ours to trust: a number that is none must not cost the turn. */
function wholeNumber(reported: number | undefined): number {
  return reported !== undefined && Number.isFinite(reported) ? Math.min(most, Math.max(0, Math.round(reported))) : 0;
}

/** Of tokens in one model step; whatever is more is a mistake. */
const most = 1e12;
