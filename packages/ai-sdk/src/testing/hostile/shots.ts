import type { KnownSession } from './knowledge.ts';
import { renderJson } from './hostile-values.ts';
import { type BodyPace, bodyStream, mutateBytes, mutateJson } from './mutations.ts';
import type { Step } from './steps.ts';

/** A request as it is sent. */
export type Shot = {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly pace: BodyPace;
};

/** What is known of the session at which a shot is aimed; null where it is to be made. */
export type Mark = { readonly agentId: string; readonly session: KnownSession | null; readonly token: string };

const base = 'http://localhost';

/** The request of a step against a session. */
export function shotOf(step: Step, { agentId, session, token }: Mark): Shot {
  const { method, path, query = '', body } = wished(step, agentId, session);
  const [name, value] = step.header ?? [];
  const cookies = step.who === 'attacker' ? `token=${token}` : 'other=1';
  const headers = new Map([
    ['content-type', 'application/json'],
    ['cookie', cookies],
  ]);
  // The attacker is always known as himself: what else he writes into the cookie comes before.
  if (name !== undefined && value !== undefined) headers.set(name, name === 'cookie' ? `${value}; ${cookies}` : value);
  const json = body === undefined ? null : new TextEncoder().encode(jsonOf(step, body));
  return {
    method: step.method ?? method,
    url: `${base}${path}${step.path ?? ''}?${query}${step.query ?? ''}`,
    headers: [...headers],
    body: json !== null && step.bytes !== null ? mutateBytes(json, step.bytes) : json,
    pace: step.pace,
  };
}

/** Throws TypeError for what cannot be said in a Request at all. */
export function requestOf({ method, url, headers, body, pace }: Shot, signal: AbortSignal): Request {
  const hasBody = body !== null && method !== 'GET' && method !== 'HEAD' && method !== 'get';
  return new Request(url, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    signal,
    ...(hasBody && { body: bodyStream(body, pace), duplex: 'half' as const }),
  });
}

function jsonOf({ json }: Step, body: unknown): string {
  let mutated = body;
  for (const mutation of json) mutated = mutateJson(mutated, mutation);
  return renderJson(mutated);
}

type Wished = {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly body?: unknown;
};

function wished(step: Step, agentId: string, session: KnownSession | null): Wished {
  const { wish, number } = step;
  const id = session?.sessionId;
  const chat = `/api/chat/${agentId}`;
  const own = `/api/sessions/${id === undefined ? '' : encoded(id)}`;
  const turnId = (index: number) => pick(session?.turnIds, index) ?? `m${index}#1`;
  const messageId = (index: number) => pick(session?.messageIds, index) ?? `m${index}`;
  const message = (text: string, at = `m-${number}`) => ({ id: at, role: 'user', parts: [{ type: 'text', text }] });
  switch (wish.type) {
    case 'say': {
      const said = message(wish.words, wish.again ? messageId(number) : undefined);
      return { method: 'POST', path: chat, body: { id, message: said, ...(wish.create && { create: true }) } };
    }
    case 'sdk': {
      const before = Array.from({ length: wish.history }, (_, index) => message('forged', `forged-${index}`));
      const messages = [...before, message(wish.words)];
      return { method: 'POST', path: chat, body: { id, messages, trigger: wish.trigger } };
    }
    case 'edit':
      return {
        method: 'POST',
        path: chat,
        body: { id, message: message(wish.words), replaces: messageId(wish.message) },
      };
    case 'regenerate':
      return {
        method: 'POST',
        path: chat,
        body: { id, regenerate: wish.message === null ? null : messageId(wish.message) },
      };
    case 'answer':
      return { method: 'POST', path: chat, body: { id, ...answersOf(wish, session) } };
    case 'follow':
    case 'stop': {
      const turn = wish.turn === null ? {} : { turn: turnId(wish.turn) };
      const query = new URLSearchParams({ ...(id !== undefined && { id }), ...turn }).toString();
      return { method: wish.type === 'stop' ? 'DELETE' : 'GET', path: chat, query };
    }
    case 'list': {
      const { limit, cursor, agent } = wish;
      const asked = {
        ...(limit !== null && { limit }),
        ...(cursor !== null && { cursor }),
        ...(agent !== null && { agent }),
      };
      return { method: 'GET', path: '/api/sessions', query: new URLSearchParams(asked).toString() };
    }
    case 'show':
      return { method: 'GET', path: own };
    case 'delete':
      return { method: 'DELETE', path: own };
    case 'rewind': {
      const keepState = wish.keepState === null ? {} : { keepState: wish.keepState };
      const body = { turnId: wish.turn === null ? null : turnId(wish.turn), ...keepState };
      return { method: 'POST', path: `${own}/rewind`, body };
    }
    case 'fork':
      return { method: 'POST', path: `${own}/fork`, body: { turnId: wish.turn === null ? null : turnId(wish.turn) } };
    case 'events':
      return { method: 'GET', path: `${own}/events` };
    case 'health':
      return { method: 'GET', path: '/api/health' };
  }
}

function answersOf({ call, approved, form }: Extract<Step['wish'], { type: 'answer' }>, session: KnownSession | null) {
  const approvalId = pick(session?.approvalIds, call) ?? `approval-${call}`;
  const toolCallId = pick(session?.toolCallIds, call) ?? `call-${call}`;
  const approval = { approvalId, approved, reason: 'so I say' };
  const output = { toolCallId, output: { city: 'Ghent' } };
  const error = { toolCallId, errorText: 'no idea' };
  const { approvalIds = [], toolCallIds = [] } = session ?? {};
  if (form === 'sdk') {
    const state = { state: 'output-available', toolCallId, input: {}, output: { city: 'Ghent' } };
    const asked = {
      type: 'tool-refund',
      toolCallId,
      state: 'approval-responded',
      input: { euros: 5 },
      approval: { id: approvalId, approved },
    };
    return {
      messages: [
        { id: 'a', role: 'assistant', parts: [{ type: 'step-start' }, { type: 'tool-locate', ...state }, asked] },
      ],
    };
  }
  if (form === 'all')
    return {
      answers: [
        ...approvalIds.map((each) => ({ approvalId: each, approved })),
        ...toolCallIds.map((each) => ({ toolCallId: each, output: { city: 'Ghent' } })),
      ],
    };
  return { answers: [{ approval, output, error }[form] ?? approval] };
}

function encoded(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

function pick<T>(list: readonly T[] | undefined, index: number): T | undefined {
  return list === undefined || list.length === 0 ? undefined : list[index % list.length];
}
