import type { Logger, StorageProvider } from '@stateroom/core';
import type { OverlapPolicy } from '@stateroom/orchestration';
import { tool } from 'ai';
import { z } from 'zod';
import { type Agent, defineAgent } from '../../agent/agent.ts';
import { roomOf } from '../../agent/agent-room.ts';
import { createChatRoute } from '../../chat/chat-route.ts';
import { createHealthRoute } from '../../http/health-route.ts';
import { scriptedModel } from '../../scripted-model.ts';
import type { ScriptedReply, ScriptedSituation } from '../../scripted-reply.ts';
import { createSessionRoute } from '../../sessions/session-route.ts';
import { post, userMessage } from '../talk.ts';

/** What the victim's transcripts are full of, and no answer to anybody else may hold. */
export const secret = 'pearl-of-the-victim';
const victim = `owner-${secret}`;

/** What of the victim the attacker knows: all ids, by a leak of another kind. */
type Prey = { readonly agentId: string; readonly sessionId: string; readonly turnId: string };

export type World = AsyncDisposable & {
  readonly storage: StorageProvider;
  readonly agents: readonly Agent[];
  readonly prey: readonly Prey[];
  readonly maxEventsPerOwner: number;
  /** Answers as a host does: each endpoint under its path, by its method. */
  readonly answer: (request: Request) => Promise<Response>;
  /** What was logged as the server's own fault. */
  readonly faults: readonly string[];
  /** All keys that were there before the attack, as they are now. */
  readonly dump: () => Promise<readonly string[]>;
};

const policies: readonly OverlapPolicy[] = ['reject', 'enqueue', 'interrupt', 'rollback', 'steer'];
const maxEventsPerOwner = 8;
const dayMs = 24 * 60 * 60_000;

/** A server with agents of every kind, and a victim who has talked with them. */
export async function worldOn(storage: StorageProvider, { maxBodyMs }: { readonly maxBodyMs: number }): Promise<World> {
  const faults: string[] = [];
  const logger = loggerTo(faults);
  const agents = [...policies.map((overlap) => agentOf(overlap, { overlap })), agentOf('thrifty', { isThrifty: true })];
  const identify = (request: Request) => ownerOf(tokenOf(request));
  // What is the victim's does not run out by itself during a long attack, and a cache of transcripts is soon full.
  const turns = { queueWaitMs: 500, maxQueue: 4, streamTtlMs: dayMs, historyCacheBytes: 64 * 1024 };
  const options = { agents, storage, identify, logger, ttl: { idleMs: dayMs }, limits: { maxBodyMs } };
  const chat = createChatRoute({ ...options, turns });
  const sessions = createSessionRoute({ ...options, events: { everyMs: 5, maxPerOwner: maxEventsPerOwner } });
  const health = createHealthRoute({ storage, logger });
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (pathname.startsWith('/api/health')) return health.GET(request);
    if (method !== 'GET' && method !== 'POST' && method !== 'DELETE') return notAllowed();
    if (pathname.startsWith('/api/sessions')) return sessions[method](request);
    return chat[method](request);
  };
  const prey = await victimIn({ storage, agents, chat });
  const keys = await keysOf(storage);
  const dump = () => dumpOf(storage, keys);
  const whole = { storage, agents, prey, maxEventsPerOwner, answer, faults, dump };
  return { ...whole, [Symbol.asyncDispose]: () => chat.close() };
}

/** The victim, or one of any number of attackers. */
function ownerOf(token: string): string | null {
  if (token === 'token-of-victim') return victim;
  return /^token-of-attacker-\d+$/.test(token) ? token.replace('token-of-', 'owner-') : null;
}

/** What a host answers by itself. */
function notAllowed(): Response {
  return Response.json({ error: { code: 'METHOD', message: 'of the host' } }, { status: 405 });
}

function tokenOf(request: Request): string {
  return /(?:^|;\s*)token=([^;]*)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? '';
}

function loggerTo(faults: string[]): Logger {
  const fault = (facts: object, message: string) => void faults.push(`${message} ${JSON.stringify(facts)}`);
  const nothing = () => {};
  return { debug: nothing, info: nothing, warn: nothing, error: fault };
}

function agentOf(
  id: string,
  { overlap = 'reject', isThrifty = false }: { overlap?: OverlapPolicy; isThrifty?: boolean },
) {
  const refund = tool({ inputSchema: z.object({ euros: z.number() }), execute: ({ euros }) => `${euros} are paid` });
  const locate = tool({ inputSchema: z.object({}), outputSchema: z.object({ city: z.string() }) });
  const choose = tool({ inputSchema: z.object({}), outputSchema: z.unknown() });
  const lookup = tool({ inputSchema: z.object({}), execute: () => 'looked up' });
  return defineAgent({
    id,
    model: scriptedModel({ reply: answerOrAsk }),
    instructions: '',
    tools: { refund, locate, choose, lookup },
    toolApproval: { refund: 'user-approval' },
    overlap,
    ...(overlap === 'rollback' && { pendingTtlMs: 30 }),
    ...(isThrifty && { budget: { perSession: { tokens: 400 } }, history: { lastMessages: 3 } }),
  });
}

function answerOrAsk({ userText, toolResults }: ScriptedSituation): ScriptedReply {
  if (toolResults.some(({ isNew }) => isNew)) return { text: 'So be it.' };
  const wants = (name: string) => userText.includes(name);
  const toolCalls = [
    ...(wants('refund') ? [{ name: 'refund', input: { euros: 5 } }] : []),
    ...(wants('locate') ? [{ name: 'locate', input: {} }] : []),
    ...(wants('choose') ? [{ name: 'choose', input: {} }] : []),
    ...(wants('lookup') ? [{ name: 'lookup', input: {} }] : []),
  ];
  return toolCalls.length > 0 ? { text: 'Let me see.', toolCalls } : { text: `You said ${userText.slice(0, 40)}.` };
}

type Victim = Pick<World, 'storage' | 'agents'> & { readonly chat: ReturnType<typeof createChatRoute> };

/** With each agent a conversation that is over, one that waits for an approval, and one whose turn runs elsewhere. */
async function victimIn({ storage, agents, chat }: Victim): Promise<Prey[]> {
  const prey: Prey[] = [];
  const headers = { cookie: 'token=token-of-victim' };
  for (const agent of agents) {
    const say = async (text: string, id?: string) => {
      const answer = await post(chat, { id, message: userMessage(text) }, { agent: agent.id, headers });
      const sessionId = decodeURIComponent(answer.headers.get('x-session-id') ?? '');
      const turnId = decodeURIComponent(answer.headers.get('x-turn-id') ?? '');
      prey.push({ agentId: agent.id, sessionId, turnId });
      return sessionId;
    };
    await say(`${secret} again`, await say(`${secret} lookup`));
    await say(`${secret} refund and locate`);
    const sessionId = await say(`${secret} once`);
    const access = { owner: victim, agentId: agent.id };
    // Its lease outlasts the attack: to everybody else this is a turn that runs in another process.
    const { turns } = roomOf(agent, { storage, turns: { leaseMs: dayMs } });
    const input = [userMessage(`${secret} on and on`)];
    const begun = await turns.begin(sessionId, { ...access, messageId: 'running', input, overlap: 'reject' });
    if (begun.status === 'started') begun.turn.abandon();
    prey.push({ agentId: agent.id, sessionId, turnId: 'running#1' });
  }
  return prey;
}

async function keysOf(storage: StorageProvider): Promise<readonly { key: string; kind: 'entry' | 'list' }[]> {
  const keys: { key: string; kind: 'entry' | 'list' }[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<StorageProvider['scan']>> = await storage.scan('', cursor, 1000);
    keys.push(...page.found.map(({ key, kind }) => ({ key, kind })));
    cursor = page.cursor;
  } while (cursor !== null);
  return keys.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

async function dumpOf(
  storage: StorageProvider,
  keys: readonly { readonly key: string; readonly kind: 'entry' | 'list' }[],
): Promise<readonly string[]> {
  const dumped: string[] = [];
  for (const { key, kind } of keys) {
    const { entries, lists } = await storage.read(kind === 'entry' ? { entries: [key] } : { lists: [{ key }] });
    dumped.push(JSON.stringify([key, ...entries, ...lists]));
  }
  return dumped;
}
