import {
  type Agent,
  type AgentOptions,
  type ChatRoute,
  createChatRoute,
  defineAgent,
  loadConversation,
} from '@stateroom/ai-sdk';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import type { Logger, StorageProvider } from '@stateroom/core';
import { OrchestrationStateManager } from '@stateroom/orchestration';
import { ConversationNotes } from './conversation-notes.ts';
import { financeReply } from './finance-reply.ts';
import { financeTools } from './finance-tools.ts';
import { financeWorkflow } from './finance-workflow.ts';

export type FinanceChatOptions = {
  readonly storage: StorageProvider;
  /** One that needs no network by default. */
  readonly model?: AgentOptions['model'];
  readonly logger?: Logger;
};

/** The finance assistant, with all that is kept of its conversations. */
export type FinanceChat = {
  readonly agent: Agent;
  /** `/api/chat/finance`: POST a message, GET what a turn says, DELETE to stop it. */
  readonly route: ChatRoute;
  /** `GET /api/session/{sessionId}`: what was said and where the conversation is, for whose it is. */
  readonly getSession: (request: Request) => Promise<Response>;
  /** Where each conversation is, in the namespace `orchestration-state`. */
  readonly states: OrchestrationStateManager;
  /** What was noted in each, in the namespace `sessions`. */
  readonly notes: ConversationNotes;
};

/** A conversation can be gone on with a day later; its notes are kept for half an hour. */
const ttl = { idleMs: 24 * 60 * 60_000 };

export function createFinanceChat({ storage, model, logger }: FinanceChatOptions): FinanceChat {
  const logged = logger && { logger };
  const notes = new ConversationNotes({ storage, ...logged });
  const agent = defineAgent({
    id: 'finance',
    model: model ?? scriptedModel({ reply: financeReply }),
    instructions: 'You are a finance assistant. You know the market of today and of a year ago.',
    tools: financeTools(notes),
    workflow: financeWorkflow,
    // What is older is in the notes.
    history: { lastMessages: 8 },
  });
  return {
    agent,
    route: createChatRoute({ agents: [agent], storage, identify: guestOf, ttl, ...logged }),
    getSession: (request) => showSession(request, { agent, storage }),
    states: new OrchestrationStateManager({ storage, workflow: financeWorkflow, agentId: agent.id, ttl, ...logged }),
    notes,
  };
}

/** Who asks. An app takes it from a signed cookie: a header can say anything. */
function guestOf(request: Request): string | null {
  return request.headers.get('x-guest');
}

async function showSession(
  request: Request,
  { agent, storage }: { readonly agent: Agent; readonly storage: StorageProvider },
): Promise<Response> {
  const owner = guestOf(request);
  if (owner === null) return new Response(null, { status: 401 });
  const [, sessionId] = /\/api\/session\/([\w-]{1,256})$/.exec(new URL(request.url).pathname) ?? [];
  if (sessionId === undefined) return new Response(null, { status: 404 });
  const conversation = await loadConversation({ storage, agent, sessionId, owner });
  return conversation === null ? new Response(null, { status: 404 }) : Response.json(conversation);
}
