import { redisStorage } from '@stateroom/core/redis';
import { tool } from 'ai';
import { z } from 'zod';
import { type Agent, defineAgent } from '../agent/agent.ts';
import { createChatRoute } from '../chat/chat-route.ts';
import { scriptedModel } from '../scripted-model.ts';
import { echo } from './echo.ts';
import { listen } from './listen.ts';

/** A server of the chat route, as a process of its own: `node … <redis url> <overlap policy> <ms a word> <ms of a lease>`. */
const [, , url = '', overlap = 'reject', delayMs = '20', leaseMs = '1000'] = globalThis.process.argv;

const words = Array.from({ length: 60 }, (_, index) => `w${index}`).join(' ');
const agent = defineAgent({
  id: 'desk',
  model: scriptedModel({
    delayMs: Number(delayMs),
    reply: ({ userText, toolResults }) => {
      const asked = toolResults.find(({ isNew, name }) => isNew && name === 'pay');
      if (asked !== undefined) return { text: `It is said: ${String(asked.output)}` };
      if (userText.includes('pay')) return { toolCalls: [{ name: 'pay', input: {} }] };
      if (!userText.includes('tool')) return { text: `${userText}: ${words}` };
      return toolResults.some(({ isNew }) => isNew)
        ? { text: 'The tool is done.' }
        : { toolCalls: [{ name: 'slow', input: {} }] };
    },
  }),
  instructions: '',
  overlap: overlap as Agent['overlap'],
  tools: { slow: slowTool(), pay: slowTool() },
  toolApproval: { pay: 'user-approval' },
});

function slowTool() {
  return tool({
    inputSchema: z.object({}),
    execute: async (_input, { abortSignal }) => {
      say({ tool: 'began' });
      abortSignal?.addEventListener('abort', () => say({ tool: 'aborted' }), { once: true });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return 'done';
    },
  });
}

const { GET, POST, DELETE } = createChatRoute({
  agents: [agent, echo({ delayMs: Number(delayMs) })],
  storage: redisStorage({ url }),
  identify: (request) => request.headers.get('x-owner'),
  turns: { leaseMs: Number(leaseMs) },
  waitUntil: (turn) => void turn.then(() => say({ turn: 'over' })),
});
const handlers = new Map(Object.entries({ GET, POST, DELETE }));

say({ port: await listen(async (request) => (handlers.get(request.method) ?? POST)(request)) });

function say(event: unknown): void {
  globalThis.process.stdout.write(`${JSON.stringify(event)}\n`);
}
