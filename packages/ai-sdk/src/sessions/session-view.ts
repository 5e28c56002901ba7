import {
  type ClientView,
  messageIdOf,
  type OrchestrationState,
  openCalls,
  toClientView,
  type TurnHistory,
  type TurnRecord,
  type TurnStatus,
  type TurnUsage,
} from '@stateroom/orchestration';
import { isToolUIPart, type UIMessage } from 'ai';
import type { SessionInfo } from '@stateroom/core';
import type { Agent } from '../agent/agent.ts';
import { originOf } from '../transcript/answered-message.ts';
import { fromTranscript, messagesIn } from '../transcript/transcript.ts';

/** A session in a list of one's own. Times are epoch milliseconds. */
export type SessionSummary = {
  readonly sessionId: string;
  readonly agentId: string;
  /** The beginning of the first message, 80 characters at most; null for a session that was made without one. */
  readonly title: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it ends unless it is used again; null: never. */
  readonly expiresAt: number | null;
  readonly turnCount: number;
  readonly activeStep: string | null;
  /** Where it comes from, if it is a fork: all up to this turn, or nothing. */
  readonly forkOf: { readonly sessionId: string; readonly turnId: string | null } | null;
};

export type SessionList = {
  /** Newest first. Where many have gone of late a page may hold few, or none, though there are more. */
  readonly sessions: readonly SessionSummary[];
  /** For the next page; null when there is none. */
  readonly cursor: string | null;
};

/** A turn that is over. Times are epoch milliseconds. */
export type TurnSummary = {
  readonly turnId: string;
  /** The user's message that it answers. */
  readonly messageId: string;
  /** The turn that had asked, where this one goes on with the answers. */
  readonly parentTurnId: string | null;
  readonly status: TurnStatus;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly activeStepBefore: string | null;
  readonly activeStepAfter: string | null;
  readonly tools: readonly { readonly name: string; readonly ok: boolean; readonly durationMs?: number | undefined }[];
  /** Tokens; null where no model was called. */
  readonly usage: TurnUsage | null;
};

/** A conversation as its owner may see it. */
export type Conversation<M extends UIMessage = UIMessage> = SessionSummary & {
  /** All that was said, and the message that is being answered. */
  readonly messages: readonly M[];
  readonly state: ClientView;
  /** The turn whose answer is still to come, to be followed: it runs, or its process has died. */
  readonly runningTurnId: string | null;
  /** Those that are over, oldest first. */
  readonly turns: readonly TurnSummary[];
  /** Opaque: another one after each write. */
  readonly version: string;
};

/** What somebody who shows a session is told when it changes: a turn has begun or ended, wherever it runs. */
export type SessionEvent = Pick<Conversation, 'version' | 'runningTurnId'> & { readonly turnCount: number };

const maxTitleCharacters = 80;

/** What a session is called after that begins with a message. */
export function titleOf({ parts }: UIMessage): string {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
  const line = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  if (line.length <= maxTitleCharacters) return line;
  // Cut between characters, of which some are two units long.
  return `${line.slice(0, maxTitleCharacters - 1).replace(/[\uD800-\uDBFF]$/u, '')}…`;
}

export function summaryOf(
  { sessionId, agentId, createdAt, updatedAt, expiresAt, metadata }: SessionInfo,
  { turnCount, activeStep }: Pick<OrchestrationState, 'turnCount' | 'activeStep'>,
): SessionSummary {
  const { title, forkOf } = metadata;
  return {
    sessionId,
    agentId: agentId ?? '',
    title: typeof title === 'string' ? title : null,
    createdAt,
    updatedAt,
    expiresAt,
    turnCount,
    activeStep,
    forkOf: isOrigin(forkOf) ? { sessionId: forkOf.sessionId, turnId: forkOf.turnId } : null,
  };
}

export async function conversationOf(
  agent: Agent,
  { version, info, state, messages, turns, running }: TurnHistory<OrchestrationState>,
): Promise<Conversation> {
  const answered = messagesIn(running?.input ?? []).flatMap(({ parts = [] }) =>
    parts.filter((part) => isToolUIPart(part)),
  );
  const open = [...openCalls(state, Date.now()), ...answered].map(({ toolCallId }) => toolCallId);
  const isOpen = (toolCallId: string) => open.includes(toolCallId);
  return {
    ...summaryOf(info, state),
    messages: await fromTranscript([...messages.items, ...(running?.input ?? [])], isOpen),
    state: viewOf(state, agent),
    runningTurnId: running?.turnId ?? null,
    turns: turns.map((turn) => turnSummaryOf(turn, turns)),
    version,
  };
}

function turnSummaryOf(turn: TurnRecord, past: readonly TurnRecord[]): TurnSummary {
  const { turnId, parentTurnId = null, status, startedAt, endedAt } = turn;
  const { activeStepBefore = null, activeStepAfter = null, tools = [], usage = null } = turn;
  const messageId = messageIdOf(originOf(past, turn).turnId);
  const told = { turnId, messageId, parentTurnId, status, startedAt, endedAt };
  return { ...told, activeStepBefore, activeStepAfter, tools, usage };
}

/** A conversation is worth more than the view of its data: one that fails shows none. */
function viewOf(state: OrchestrationState, { data }: Agent): ClientView {
  try {
    return toClientView(state, data);
  } catch {
    return toClientView(state);
  }
}

function isOrigin(value: unknown): value is NonNullable<SessionSummary['forkOf']> {
  if (typeof value !== 'object' || value === null || !('sessionId' in value) || !('turnId' in value)) return false;
  return typeof value.sessionId === 'string' && (value.turnId === null || typeof value.turnId === 'string');
}
