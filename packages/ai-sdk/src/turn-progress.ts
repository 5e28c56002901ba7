import {
  activeTools,
  addTokenUsage,
  afterTool,
  countTurn,
  currentStep,
  type OrchestrationState,
  type ToolCall,
} from '@stateroom/orchestration';
import type { LanguageModelUsage } from 'ai';
import type { Agent } from './agent.ts';

type Change = (state: OrchestrationState) => OrchestrationState;

/**
 * What a turn has changed so far. The changes are kept as functions: decisions within the turn go by the state they
 * lead to from where it began, and at its end they are applied again to whatever state is stored by then.
 */
export class TurnProgress {
  readonly #agent: Agent;
  readonly #changes: Change[] = [];
  #state: OrchestrationState;
  #offered: readonly string[] = [];

  constructor(agent: Agent, state: OrchestrationState) {
    this.#agent = agent;
    this.#state = state;
  }

  /** What the coming model step may do: the tools of the active step, and its instructions after the agent's own. */
  beginModelStep(): { activeTools: string[]; instructions: string } {
    const { workflow, tools, instructions } = this.#agent;
    const offered = activeTools(workflow, this.#state, Object.keys(tools));
    this.#offered = offered;
    const step = currentStep(workflow, this.#state);
    return { activeTools: offered, instructions: [instructions, step?.instructions ?? ''].join('\n\n').trim() };
  }

  /** Null when the model step was offered the tool, else what to tell the model. */
  refusal(tool: string): string | null {
    if (this.#offered.includes(tool)) return null;
    const step = currentStep(this.#agent.workflow, this.#state)?.name ?? 'none';
    const allowed = this.#offered.length === 0 ? 'no tool' : this.#offered.join(', ');
    return `Tool "${tool}" is not allowed in step "${step}". Allowed now: ${allowed}.`;
  }

  recordTool(call: ToolCall): void {
    this.#change((state) => afterTool(this.#agent.workflow, state, call));
  }

  recordUsage(usage: LanguageModelUsage): void {
    const inputTokens = wholeNumber(usage.inputTokens);
    const outputTokens = wholeNumber(usage.outputTokens);
    const totalTokens = Math.max(wholeNumber(usage.totalTokens), inputTokens + outputTokens);
    this.#change((state) => addTokenUsage(state, { inputTokens, outputTokens, totalTokens }));
  }

  recordEnd(): void {
    this.#change(countTurn);
  }

  applyTo(state: OrchestrationState): OrchestrationState {
    return this.#changes.reduce((changed, change) => change(changed), state);
  }

  #change(change: Change): void {
    this.#changes.push(change);
    this.#state = change(this.#state);
  }
}

/** What a provider reports is not ours to trust: a number that is none must not cost the turn. */
function wholeNumber(reported: number | undefined): number {
  return reported !== undefined && Number.isFinite(reported) ? Math.max(0, Math.round(reported)) : 0;
}
