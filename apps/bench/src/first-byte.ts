import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChatRoute, defineAgent } from '@stateroom/ai-sdk';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { observed, type StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from 'ai';
import { listen } from '../../../packages/ai-sdk/src/testing/listen.ts';
import { hasRedis, startRedis } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { percentile, percentiles, print } from './measure.ts';

const sessions = 50;
const turnsEach = 6;
const warmUp = 5;
const answer = 'a word of the answer '.repeat(2);
const instructions = 'Be brief.';
const model = scriptedModel({ delayMs: 2, reply: () => ({ text: answer }) });

/** The route beside one that streams and keeps nothing, by HTTP: a message to the one, then the same to the other. */
export async function firstByte(): Promise<void> {
  print('the first byte of an answer, by HTTP: the route beside a bare streamText');
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-bench-'));
  await compareOn(memoryStorage());
  await compareOn(sqliteStorage({ path: join(folder, 'room.db') }));
  rmSync(folder, { recursive: true });
  if (!hasRedis) return print('  Redis is skipped: there is no redis-server');
  const redis = await startRedis();
  await compareOn(redisStorage({ url: redis.url }));
  await redis.stop();
}

type Heard = { readonly ms: number; readonly trips: number };

async function compareOn(inner: StorageProvider): Promise<void> {
  const tripMs: number[] = [];
  const storage = observed(inner, { onCommand: ({ durationMs }) => tripMs.push(durationMs) });
  const serving = new AbortController();
  const route = `http://127.0.0.1:${await listen(routeOn(storage), serving)}`;
  const bare = `http://127.0.0.1:${await listen(answerBare, serving)}`;
  const firsts: Heard[] = [];
  const later: Heard[] = [];
  const bareMs: number[] = [];
  for (let session = 0; session < warmUp + sessions; session++) {
    const messages: UIMessage[] = [];
    for (let turn = 0; turn < turnsEach; turn++) {
      const message = said('user', `message ${turn}`);
      messages.push(message);
      const before = tripMs.length;
      const trips = () => tripMs.length - before;
      const heard = await ask(route, { id: `session-${session}`, message, create: turn === 0 }, trips);
      const bareHeard = await ask(bare, { messages }, trips);
      messages.push(said('assistant', answer));
      if (session < warmUp) continue;
      (turn === 0 ? firsts : later).push(heard);
      bareMs.push(bareHeard.ms);
    }
  }
  print(`  ${inner.name}, a round trip of which takes ${percentile(tripMs, 0.5).toFixed(2)} ms`);
  print(`    bare                            ${percentiles(bareMs)}`);
  printRow("a session's first message", firsts, bareMs);
  printRow('a message of a session', later, bareMs);
  serving.abort();
  await storage.close();
}

function printRow(what: string, heard: readonly Heard[], bareMs: readonly number[]): void {
  const ms = heard.map((each) => each.ms);
  const trips = [...new Set(heard.map((each) => each.trips))].toSorted((a, b) => a - b);
  const times = percentile(ms, 0.5) / percentile(bareMs, 0.5);
  print(
    `    ${what.padEnd(31)} ${percentiles(ms)}, ${times.toFixed(2)} times the bare; round trips: ${trips.join(', ')}`,
  );
}

/** How long the first byte of the answer took, and how many round trips had come back by then; reads all of it. */
async function ask(url: string, body: object, trips: () => number): Promise<Heard> {
  const request = {
    method: 'POST',
    headers: { 'x-user': 'me', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const startedAt = performance.now();
  const response = await fetch(`${url}/api/chat/bench`, request);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const decoder = new TextDecoder();
  let heard: Heard | null = null;
  for await (const bytes of response.body ?? []) {
    // What comes before is a comment, which says that the stream is open.
    if (decoder.decode(bytes, { stream: true }).includes('data: '))
      heard ??= { ms: performance.now() - startedAt, trips: trips() };
  }
  if (heard === null) throw new Error('there was no answer');
  return heard;
}

function routeOn(storage: StorageProvider): (request: Request) => Promise<Response> {
  const agents = [defineAgent({ id: 'bench', model, instructions, tools: {} })];
  return createChatRoute({ agents, storage, identify: (request) => request.headers.get('x-user') }).POST;
}

async function answerBare(request: Request): Promise<Response> {
  const { messages }: { readonly messages: UIMessage[] } = JSON.parse(await request.text());
  const { stream } = streamText({ model, instructions, messages: await convertToModelMessages(messages) });
  return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream, originalMessages: messages }) });
}

function said(role: UIMessage['role'], text: string): UIMessage {
  return { id: crypto.randomUUID(), role, parts: [{ type: 'text', text }] };
}
