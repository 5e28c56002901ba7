import type { UIMessageChunk } from 'ai';

/** What an attacker knows of one session. */
export type KnownSession = {
  readonly agentId: string;
  readonly sessionId: string;
  readonly turnIds: readonly string[];
  readonly messageIds: readonly string[];
  readonly approvalIds: readonly string[];
  readonly toolCallIds: readonly string[];
};

const maxSessions = 24;
const maxIds = 12;

/** The sessions that the attacker has made, the newest of them. */
export class Knowledge {
  #sessions: KnownSession[] = [];

  get sessions(): readonly KnownSession[] {
    return this.#sessions;
  }

  forgetAll(): void {
    this.#sessions = [];
  }

  /** From an answer that has begun a turn, or followed one. */
  learn(agentId: string, headers: Headers, chunks: readonly UIMessageChunk[]): void {
    const sessionId = decodeURIComponent(headers.get('x-session-id') ?? '');
    if (sessionId === '') return;
    const turnId = decodeURIComponent(headers.get('x-turn-id') ?? '');
    const known = this.#sessions.find((session) => session.sessionId === sessionId);
    const approvals = chunks.flatMap((chunk) => (chunk.type === 'tool-approval-request' ? [chunk.approvalId] : []));
    const calls = chunks.flatMap((chunk) => (chunk.type === 'tool-input-available' ? [chunk.toolCallId] : []));
    const answers = chunks.flatMap((chunk) => (chunk.type === 'start' ? [chunk.messageId ?? ''] : []));
    const asked = turnId.includes('#') ? [turnId.slice(0, turnId.lastIndexOf('#'))] : [];
    const session = {
      agentId: known?.agentId ?? agentId,
      sessionId,
      turnIds: newest(known?.turnIds, turnId === '' ? [] : [turnId]),
      messageIds: newest(known?.messageIds, [...asked, ...answers]),
      approvalIds: newest(known?.approvalIds, approvals),
      toolCallIds: newest(known?.toolCallIds, calls),
    };
    this.#sessions = [session, ...this.#sessions.filter((other) => other !== known)].slice(0, maxSessions);
  }

  add(agentId: string, sessionId: string): void {
    this.learn(agentId, new Headers({ 'x-session-id': encodeURIComponent(sessionId) }), []);
  }
}

function newest(known: readonly string[] = [], more: readonly string[]): readonly string[] {
  return [...new Set([...known, ...more])].slice(-maxIds);
}
