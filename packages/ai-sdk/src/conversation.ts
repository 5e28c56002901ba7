import { type StorageProvider, type TtlOptions, unwrap, unwrapOrNull } from '@stateroom/core';
import {
  type ClientView,
  type OrchestrationState,
  OrchestrationStateManager,
  toClientView,
} from '@stateroom/orchestration';
import type { UIMessage } from 'ai';
import type { Agent } from './agent.ts';
import { RequestError, unknownSession } from './error-response.ts';
import { fromTranscript } from './transcript.ts';

/** A session as an agent finds it: where it is, and all that was said. */
export type Conversation = {
  readonly sessionId: string;
  readonly state: OrchestrationState;
  readonly messages: readonly UIMessage[];
};

export type AgentSessions = OrchestrationStateManager['sessions'];

export function sessionsOf(agent: Agent, storage: StorageProvider, ttl?: TtlOptions): AgentSessions {
  const { id, workflow } = agent;
  return new OrchestrationStateManager({ storage, agentId: id, workflow: workflow ?? undefined, ...(ttl && { ttl }) })
    .sessions;
}

/** A conversation as its owner may see it, in one round trip; null when it is not there or not theirs. */
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
}): Promise<{ messages: readonly UIMessage[]; state: ClientView } | null> {
  const found = await findConversation(sessionsOf(agent, storage), sessionId, { owner, agentId: agent.id });
  return found && { messages: found.messages, state: toClientView(found.state) };
}

/** The session of a request: found, or made where that was asked for; else NOT_FOUND. */
export async function openConversation(
  sessions: AgentSessions,
  { sessionId, mayCreate }: { readonly sessionId: string | undefined; readonly mayCreate: boolean },
  access: { readonly owner: string; readonly agentId: string },
): Promise<Conversation> {
  if (sessionId === undefined) return createConversation(sessions, undefined, access);
  const found = await findConversation(sessions, sessionId, access);
  if (found !== null) return found;
  if (mayCreate) return createConversation(sessions, sessionId, access);
  throw new RequestError('NOT_FOUND', unknownSession);
}

async function findConversation(
  sessions: AgentSessions,
  sessionId: string,
  access: { readonly owner: string; readonly agentId: string },
): Promise<Conversation | null> {
  const found = unwrapOrNull(await sessions.getSession(sessionId, { ...access, lists: { messages: {} } }));
  if (found === null) return null;
  return { sessionId, state: found.data, messages: await fromTranscript(found.lists.messages?.items ?? []) };
}

async function createConversation(
  sessions: AgentSessions,
  wantedId: string | undefined,
  access: { readonly owner: string; readonly agentId: string },
): Promise<Conversation> {
  const made = unwrap(await sessions.createSession({ ...access, sessionId: wantedId, ifExists: 'return' }));
  const { sessionId, data: state } = made;
  const raced = made.created === false ? await findConversation(sessions, sessionId, access) : null;
  return raced ?? { sessionId, state, messages: [] };
}
