import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { redisStorage } from '@stateroom/core/redis';
import { tool } from 'ai';
import { z } from 'zod';
import { type Agent, defineAgent } from '../agent.ts';
import { createChatRoute } from '../chat-route.ts';
import { scriptedModel } from '../scripted-model.ts';

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

const route = createChatRoute({
  agents: [agent],
  storage: redisStorage({ url }),
  identify: (request) => request.headers.get('x-owner'),
  turns: { leaseMs: Number(leaseMs) },
  waitUntil: (turn) => void turn.then(() => say({ turn: 'over' })),
});

const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const method = incoming.method === 'GET' || incoming.method === 'DELETE' ? incoming.method : 'POST';
  const leaving = new AbortController();
  outgoing.on('close', () => leaving.abort());
  let body = '';
  for await (const chunk of incoming) body += String(chunk);
  const request = new Request(new URL(incoming.url ?? '/', 'http://localhost'), {
    method,
    headers: { 'x-owner': String(incoming.headers['x-owner']) },
    signal: leaving.signal,
    ...(method === 'POST' && { body }),
  });
  const response = await route[method](request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  for await (const chunk of response.body ?? []) outgoing.write(chunk);
  outgoing.end();
}

server.listen(0, '127.0.0.1', () => say({ address: server.address() }));

function say(event: unknown): void {
  globalThis.process.stdout.write(`${JSON.stringify(event)}\n`);
}
