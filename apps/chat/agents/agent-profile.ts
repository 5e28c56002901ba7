import { type Agent, type AgentOptions, defineAgent } from '@stateroom/ai-sdk';
import { defaultStep, permits, type Workflow } from '@stateroom/orchestration';

/** A step of a workflow as the room panel draws it. */
export type StepCard = {
  readonly name: string;
  readonly description: string;
  readonly tools: readonly string[];
  /** The tools that the step offers one after the other; empty when it offers all of them at once. */
  readonly sequence: readonly string[];
};

/** What a page tells about an agent: plain data that may go to the browser. */
export type AgentCard = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Three first messages that show what the agent can do. */
  readonly suggestions: readonly [string, string, string];
  readonly steps: readonly StepCard[];
  readonly defaultStep: string | null;
};

/** An agent and its card. */
export type AgentProfile = { readonly agent: Agent; readonly card: AgentCard };

export type AgentProfileOptions<D> = AgentOptions<D> &
  Pick<AgentCard, 'title' | 'description' | 'suggestions'> & { readonly workflow: Workflow };

/** Defines the agent and draws its card from the same workflow, so that the two cannot differ. */
export function createAgentProfile<D>({
  title,
  description,
  suggestions,
  ...options
}: AgentProfileOptions<D>): AgentProfile {
  const { id, tools, workflow } = options;
  const steps = workflow.steps.map((step) => ({
    name: step.name,
    description: step.description ?? '',
    tools: Object.keys(tools).filter((tool) => permits(step, tool)),
    sequence: step.sequence,
  }));
  return {
    agent: defineAgent(options),
    card: { id, title, description, suggestions, steps, defaultStep: defaultStep(workflow)?.name ?? null },
  };
}
