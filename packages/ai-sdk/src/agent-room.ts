import type { Logger, StorageProvider, TtlOptions } from '@stateroom/core';
import {
  type ClientView,
  type OrchestrationState,
  OrchestrationStateManager,
  toClientView,
  TurnManager,
  type TurnManagerOptions,
} from '@stateroom/orchestration';
import type { UIMessage, UIMessageChunk } from 'ai';
import type { Agent } from './agent.ts';
import { salvageAnswer } from './spoken-message.ts';
import { fromTranscript, toTranscript } from './transcript.ts';

/** An agent's sessions, and the turns in them. */
export type AgentRoom = {
  readonly agent: Agent;
  readonly sessions: OrchestrationStateManager['sessions'];
  readonly turns: TurnManager<OrchestrationState>;
};

export type AgentRoomOptions = {
  readonly storage: StorageProvider;
  readonly ttl?: TtlOptions | undefined;
  readonly turns?:
    | Omit<TurnManagerOptions<OrchestrationState>, 'sessions' | 'overlap' | 'salvage' | 'logger'>
    | undefined;
  readonly logger?: Logger | undefined;
};

export function roomOf(agent: Agent, { storage, ttl, turns, logger }: AgentRoomOptions): AgentRoom {
  const { id: agentId, workflow, overlap } = agent;
  const logged = logger && { logger };
  const options = { storage, agentId, workflow: workflow ?? undefined, ...(ttl && { ttl }), ...logged };
  const { sessions } = new OrchestrationStateManager(options);
  // Whoever wrote the chunks was our own code, which writes nothing else.
  const salvage = async (chunks: readonly unknown[]) =>
    toTranscript(await salvageAnswer(chunks as readonly UIMessageChunk[]));
  return { agent, sessions, turns: new TurnManager({ ...turns, sessions, overlap, salvage, ...logged }) };
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
  return {
    messages: await fromTranscript([...messages.items, ...(running?.input ?? [])]),
    state: toClientView(state),
    runningTurnId: running?.turnId ?? null,
  };
}
