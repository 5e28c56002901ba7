import type { Logger, StorageProvider, TtlOptions } from '@stateroom/core';
import {
  askFor,
  BudgetKeeper,
  type ClientView,
  keepUsage,
  openCalls,
  type OrchestrationState,
  OrchestrationStateManager,
  type Salvage,
  toClientView,
  TurnManager,
  type TurnManagerOptions,
} from '@stateroom/orchestration';
import { isToolUIPart, type UIMessage, type UIMessageChunk } from 'ai';
import type { Agent } from './agent.ts';
import { salvageAnswer } from './spoken-message.ts';
import { fromTranscript, messagesIn, toTranscript } from './transcript.ts';

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
    return toTranscript(await salvageAnswer(chunks as readonly UIMessageChunk[], answered));
  };
  const forked = (state: OrchestrationState, forkId: string) => ({ ...askFor(state, []), sessionId: forkId });
  const made = { ...turns, sessions, overlap, salvage, forked, restored: keepUsage, ...logged };
  const budget = agent.budget && new BudgetKeeper({ sessions, agentId, budget: agent.budget });
  return { agent, sessions, turns: new TurnManager(made), budget };
}

/** A conversation as its owner may see it. */
export type Conversation = {
  /** All that was said, and the message that is being answered. */
  readonly messages: readonly UIMessage[];
  readonly state: ClientView;
  /** The turn whose answer is still to come, to be followed: it runs, or its process has died. */
  readonly runningTurnId: string | null;
};

/** A conversation, in one round trip; null when it is not there or not this owner's. */
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
  const found = await roomOf(agent, { storage }).turns.open(sessionId, { owner, agentId: agent.id });
  if (found === null) return null;
  const { state, messages, running } = found;
  const answered = messagesIn(running?.input ?? []).flatMap(({ parts = [] }) =>
    parts.filter((part) => isToolUIPart(part)),
  );
  const open = [...openCalls(state, Date.now()), ...answered].map(({ toolCallId }) => toolCallId);
  const isOpen = (toolCallId: string) => open.includes(toolCallId);
  return {
    messages: await fromTranscript([...messages.items, ...(running?.input ?? [])], isOpen),
    state: viewOf(state, agent),
    runningTurnId: running?.turnId ?? null,
  };
}

/** A conversation is worth more than the view of its data: one that fails shows none. */
function viewOf(state: OrchestrationState, { data }: Agent): ClientView {
  try {
    return toClientView(state, data);
  } catch {
    return toClientView(state);
  }
}
