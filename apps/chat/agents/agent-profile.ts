import type { LanguageModelV4 } from '@ai-sdk/provider';
import { type Agent, type AgentOptions, defineAgent } from '@stateroom/ai-sdk';
import { defaultStep, permits, type SessionData, type Workflow } from '@stateroom/orchestration';
import type { ToolSet } from 'ai';

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

export type AgentProfileOptions<D = unknown> = Pick<AgentCard, 'id' | 'title' | 'description' | 'suggestions'> & {
  readonly model: LanguageModelV4;
  readonly instructions: string;
  readonly tools: ToolSet;
  readonly workflow: Workflow;
  readonly data?: SessionData<D>;
  readonly toolApproval?: NonNullable<AgentOptions['toolApproval']>;
};

/** Defines the agent and draws its card from the same workflow, so that the two cannot differ. */
export function createAgentProfile<D = unknown>(options: AgentProfileOptions<D>): AgentProfile {
  const {
    id,
    title,
    description,
    suggestions,
    model,
    instructions,
    tools,
    workflow,
    toolApproval = {},
    data = null,
  } = options;
  const toolNames = Object.keys(tools);
  const steps = workflow.steps.map((step) => ({
    name: step.name,
    description: step.description ?? '',
    tools: toolNames.filter((tool) => permits(step, tool)),
    sequence: step.sequence,
  }));
  return {
    agent: defineAgent({ id, model, instructions, tools, workflow, toolApproval, data }),
    card: { id, title, description, suggestions, steps, defaultStep: defaultStep(workflow)?.name ?? null },
  };
}
