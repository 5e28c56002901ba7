import type { Logger, StorageProvider, TtlOptions } from '@stateroom/core';
import {
  askFor,
  BudgetKeeper,
  keepUsage,
  type OrchestrationState,
  OrchestrationStateManager,
  type Salvage,
  TurnManager,
  type TurnManagerOptions,
} from '@stateroom/orchestration';
import type { UIMessageChunk } from 'ai';
import type { Agent } from './agent.ts';
import { isAbsent } from '../http/error-response.ts';
import { withoutItemIds } from '../run/model-messages.ts';
import { salvageAnswer } from '../transcript/spoken-message.ts';
import { type Conversation, conversationOf } from '../sessions/session-view.ts';
import { fromTranscript, toTranscript } from '../transcript/transcript.ts';

/** An agent's sessions, and the turns in them. */
export type AgentRoom = {
  readonly agent: Agent;
  readonly sessions: OrchestrationStateManager['sessions'];
  readonly turns: TurnManager<OrchestrationState>;
  /** Null for an agent without a budget. */
  readonly budget: BudgetKeeper | null;
};

export type AgentRoomOptions = {
  readonly storage: StorageProvider;
  readonly ttl?: TtlOptions | undefined;
  readonly turns?:
    | Omit<
        TurnManagerOptions<OrchestrationState>,
        'sessions' | 'overlap' | 'salvage' | 'forked' | 'restored' | 'logger'
      >
    | undefined;
  readonly logger?: Logger | undefined;
};

export function roomOf(agent: Agent, { storage, ttl, turns, logger }: AgentRoomOptions): AgentRoom {
  const { id: agentId, workflow, overlap, data } = agent;
  const logged = logger && { logger };
  const defined = { agentId, workflow: workflow ?? undefined, data: data ?? undefined };
  const options = { storage, ...defined, ...(ttl && { ttl }), ...logged };
  const { sessions } = new OrchestrationStateManager(options);
  const salvage: Salvage = async ({ chunks, input }) => {
    const asked = await fromTranscript(input, () => true);
    const answered = asked.find(({ role }) => role === 'assistant') ?? null;
    // Whoever wrote the chunks was our own code, which writes nothing else.
    const said = await salvageAnswer(chunks as readonly UIMessageChunk[], answered);
    return toTranscript(said.map(withoutItemIds));
  };
  const forked = (state: OrchestrationState, forkId: string) => ({ ...askFor(state, []), sessionId: forkId });
  const made = { ...turns, sessions, overlap, salvage, forked, restored: keepUsage, ...logged };
  const budget = agent.budget && new BudgetKeeper({ sessions, agentId, budget: agent.budget });
  return { agent, sessions, turns: new TurnManager(made), budget };
}

/** A conversation with its turns, in one round trip; null when it is not there or not this owner's. */
export async function loadConversation({
  storage,
  agent,
  sessionId,
  owner,
}: {
  readonly storage: StorageProvider;
  readonly agent: Agent;
  readonly sessionId: string;
  readonly owner: string;
}): Promise<Conversation | null> {
  const { turns } = roomOf(agent, { storage });
  const history = await turns.history(sessionId, { owner, agentId: agent.id }).catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });
  return history && conversationOf(agent, history);
}
