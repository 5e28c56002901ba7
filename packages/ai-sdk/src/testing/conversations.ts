import type { StorageProvider } from '@stateroom/core';
import { isToolUIPart, type UIMessage } from 'ai';
import { loadConversation, roomOf } from '../agent/agent-room.ts';
import { echo, echoOf, lookUp } from './echo.ts';
import { type Answer, readAnswer, textOf, userMessage } from './talk.ts';

export type Talks = {
  /** Of servers that share the storage, whose agent is `echo`. Each turn goes to another than the one before. */
  readonly urls: readonly string[];
  readonly storage: StorageProvider;
  readonly conversations: number;
  /** Of each conversation. */
  readonly turns: number;
};

export type TalksReport = {
  readonly seconds: number;
  /** Of the messages that were sent once: from sending one to the first chunk of its answer, and to the last. */
  readonly firstByteMs: readonly number[];
  readonly turnMs: readonly number[];
  /** Messages that were sent twice, to two servers. */
  readonly sentTwice: number;
  /** What an answer or a transcript has that it may not have, or lacks; empty where all is well. */
  readonly violations: readonly string[];
};

type Talk = { readonly index: number; readonly id: string; readonly owner: string; readonly texts: readonly string[] };
type Tally = { firstByteMs: number[]; turnMs: number[]; sentTwice: number; violations: string[] };

/**
 * Holds conversations all at once, each of an owner of its own and with words of its own, then reads all of them back.
 * One message of each is sent twice: in every other conversation at the same time, else when it is answered.
 */
export async function holdTalks(options: Talks): Promise<TalksReport> {
  const tally: Tally = { firstByteMs: [], turnMs: [], sentTwice: 0, violations: [] };
  const talks = Array.from({ length: options.conversations }, (_, index) => talkOf(index, options.turns));
  const startedAt = performance.now();
  await Promise.all(talks.map((talk) => hold(talk, options.urls, tally)));
  const seconds = (performance.now() - startedAt) / 1000;
  const answerIds = new Set<string>();
  for (const talk of talks) tally.violations.push(...(await faultsOf(talk, options.storage, answerIds)));
  return { ...tally, seconds };
}

function talkOf(index: number, turns: number): Talk {
  const texts = Array.from({ length: turns }, (_, turn) => `c${index}t${turn}${turn === 1 ? ` ${lookUp}` : ''}`);
  return { index, id: `talk-${index}`, owner: `owner-${index}`, texts };
}

async function hold(talk: Talk, urls: readonly string[], tally: Tally): Promise<void> {
  for (const turn of talk.texts.keys()) {
    const [here = '', there = ''] = [
      urls[(talk.index + turn) % urls.length],
      urls[(talk.index + turn + 1) % urls.length],
    ];
    const isTwice = turn === talk.index % talk.texts.length;
    const atOnce = isTwice && talk.index % 2 === 1 ? say(talk, turn, there) : null;
    const said = await say(talk, turn, here);
    if (isTwice) {
      tally.sentTwice += 1;
      const again = await (atOnce ?? say(talk, turn, there));
      if (answerIdOf(again) !== answerIdOf(said)) tally.violations.push(`${talk.texts[turn]}: has two answers`);
      tally.violations.push(...faultsIn(again, talk, turn));
    } else {
      tally.firstByteMs.push(said.firstByteMs);
      tally.turnMs.push(said.turnMs);
    }
    tally.violations.push(...faultsIn(said, talk, turn));
  }
}

type Said = { readonly answer: Answer; readonly firstByteMs: number; readonly turnMs: number };

function answerIdOf({ answer: { chunks } }: Said): string | undefined {
  const start = chunks.find(({ type }) => type === 'start');
  return start?.type === 'start' ? start.messageId : undefined;
}

async function say({ id, owner, texts }: Talk, turn: number, url: string): Promise<Said> {
  const message = userMessage(texts[turn] ?? '', `m-${id}-${turn}`);
  const body = JSON.stringify({ id, message, create: turn === 0 });
  const startedAt = performance.now();
  const headers = { 'x-owner': owner, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/chat/echo`, { method: 'POST', headers, body });
  let firstByteMs = 0;
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (firstByteMs === 0 && text.includes('data: ')) firstByteMs = performance.now() - startedAt;
  }
  const turnMs = performance.now() - startedAt;
  const answer = await readAnswer(new Response(text, { status: response.status, headers: response.headers }));
  return { answer, firstByteMs, turnMs };
}

function faultsIn({ answer }: Said, { texts }: Talk, turn: number): string[] {
  const name = texts[turn] ?? '';
  if (answer.status !== 200) return [`${name}: ${answer.status} ${JSON.stringify(answer.body)}`];
  const faults: string[] = [];
  const last = answer.chunks.at(-1);
  if (last?.type !== 'finish') faults.push(`${name}: its answer ends with ${JSON.stringify(last)}`);
  if (textOf(answer) !== echoOf(texts.slice(0, turn + 1))) faults.push(`${name}: was answered "${textOf(answer)}"`);
  return faults;
}

/** What is stored of a conversation, against what was said in it. */
async function faultsOf(talk: Talk, storage: StorageProvider, answerIds: Set<string>): Promise<string[]> {
  const { id: sessionId, owner, texts, index } = talk;
  const agent = echo();
  const found = await loadConversation({ storage, agent, sessionId, owner });
  if (found === null) return [`${sessionId}: is not there`];
  const faults: string[] = [];
  const { messages, state, runningTurnId } = found;
  const turns = await roomOf(agent, { storage }).turns.list(sessionId, { owner, agentId: agent.id });
  const ends = turns.map(({ turnId, status }) => `${turnId} ${status}`);
  const expected = texts.map((_, turn) => `m-${sessionId}-${turn}#1 completed`);
  if (ends.join() !== expected.join()) faults.push(`${sessionId}: has the turns ${ends.join()}`);
  if (state.turnCount !== texts.length || runningTurnId !== null)
    faults.push(`${sessionId}: counts ${state.turnCount} turns, and ${runningTurnId ?? 'none'} runs`);
  const told = messages.map(wordsOf).join('\n');
  const toTell = texts.flatMap((text, turn) => [
    `user m-${sessionId}-${turn} ${text}`,
    `assistant ${text.includes(lookUp) ? `{"found":"${text}"} ` : ''}${echoOf(texts.slice(0, turn + 1))}`,
  ]);
  if (told !== toTell.join('\n')) faults.push(`${sessionId}: holds\n${told}`);
  for (const { id, role } of messages) {
    if (role !== 'assistant') continue;
    if (answerIds.has(id)) faults.push(`${sessionId}: has the answer of another`);
    answerIds.add(id);
  }
  const stranger = await loadConversation({ storage, agent, sessionId, owner: `owner-${index + 1}` });
  if (stranger !== null) faults.push(`${sessionId}: is open to another`);
  return faults;
}

function wordsOf({ id, role, parts }: UIMessage): string {
  const words = parts.flatMap((part) => {
    if (part.type === 'text') return [part.text];
    return isToolUIPart(part) ? [JSON.stringify(part.output ?? part.state)] : [];
  });
  return [role, ...(role === 'user' ? [id] : []), ...words].join(' ');
}
