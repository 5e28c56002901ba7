import type { StorageProvider } from '@stateroom/core';
import { defineWorkflow } from '@stateroom/orchestration';
import { tool } from 'ai';
import { z } from 'zod';
import { defineAgent } from '../agent/agent.ts';
import { type ChatRouteOptions, createChatRoute } from '../chat/chat-route.ts';
import { loadConversation } from '../agent/agent-room.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';

/** The names of the tools that were really carried out. */
export const ran: string[] = [];
export const tools = {
  search: tool({
    inputSchema: z.object({ query: z.string() }),
    execute: async ({ query }) => {
      ran.push('search');
      return { path: 'tides.md', query };
    },
  }),
  read_page: tool({
    inputSchema: z.object({ path: z.string() }),
    execute: ({ path }) => {
      ran.push('read_page');
      return `the page ${path}`;
    },
  }),
  publish: tool({
    inputSchema: z.object({}),
    execute: () => {
      ran.push('publish');
      return 'published';
    },
  }),
};

export const workflow = defineWorkflow({
  steps: [
    { name: 'research', tools: { allow: ['search', 'read_page'] } },
    { name: 'answer', when: [{ type: 'tool_used', tool: 'read_page' }], tools: { allow: ['publish'] } },
  ],
});

export function desk(reply?: ScriptedModelOptions['reply']) {
  const model = scriptedModel(reply && { reply });
  return defineAgent({ id: 'desk', model, instructions: 'Be brief.', tools, workflow });
}

export function routeOn(storage: StorageProvider, options: Partial<ChatRouteOptions> = {}) {
  return createChatRoute({
    agents: [desk()],
    storage,
    identify: (request) => request.headers.get('x-owner'),
    ...options,
  });
}

export const load = (storage: StorageProvider, sessionId: string, owner = 'me') =>
  loadConversation({ storage, agent: desk(), sessionId, owner });

/** Resolves when a turn runs in the session. */
export async function untilRuns(storage: StorageProvider, sessionId = 's'): Promise<void> {
  while (((await load(storage, sessionId))?.runningTurnId ?? null) === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

/** How many keys the storage holds. */
export async function keysIn(storage: StorageProvider): Promise<number> {
  return (await storage.scan('', null, 1000)).found.length;
}
