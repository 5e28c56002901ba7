import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { StorageProvider } from '@stateroom/core';
import { convertToModelMessages, validateUIMessages } from 'ai';
import fc from 'fast-check';
import { chunksIn, errorIn, faultIn, type Heard } from './judge.ts';
import { Knowledge, type KnownSession } from './knowledge.ts';
import { overHttp, UnsentError } from './over-http.ts';
import { type Mark, requestOf, type Shot, shotOf } from './shots.ts';
import { step as anyStep, type Step } from './steps.ts';
import { type World, worldOn } from './world.ts';

export type AttackOptions = {
  readonly storage: StorageProvider;
  readonly seed: number;
  /** How many at the least. */
  readonly requests: number;
  /** Through sockets, rather than by calls of the handlers. */
  readonly isOverHttp?: boolean;
};

export type AttackReport = {
  readonly seed: number;
  readonly requests: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Turns of the attacker that came to their end. */
  readonly turns: number;
  /** What must not be, each with the request that has brought it about. */
  readonly violations: readonly string[];
  readonly slowestMs: number;
  /** In use after a quarter, half and all of the requests, with nothing of the attacker stored. */
  readonly heapBytes: readonly number[];
  /** How many more timers there are than before, some seconds after the last request. */
  readonly timersLeft: number;
};

/** Far above what any answer takes, and far below what a client waits for. */
const tooLateMs = 30_000;
const requestsAtOnce = 16;
const stepsARound = 500;
const marks = [0.25, 0.5, 1];

/** Sends so many requests to a server of its own, of which most are not as they should be, and judges the answers. */
export async function attack({ storage, seed, requests, isOverHttp = false }: AttackOptions): Promise<AttackReport> {
  const timers = timersNow();
  // Over sockets four megabytes take their time on a busy machine.
  const quiet = await worldOn(storage, { maxBodyMs: isOverHttp ? 2000 : 100 });
  await using world = isOverHttp ? await overHttp(quiet) : quiet;
  const attacker = new Attacker(world);
  const before = await world.dump();
  const heapBytes: number[] = [];
  for (let round = 0; attacker.requests < requests; round++) {
    const left = fc.sample(anyStep, { seed: seed + round, numRuns: stepsARound }).values();
    const lane = async () => {
      for (const step of left) await attacker.take(step);
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, lane));
    await attacker.settle();
    if (attacker.requests >= requests * (marks[heapBytes.length] ?? Infinity)) heapBytes.push(heapInUse());
  }
  for (const fault of world.faults.slice(0, 5)) attacker.report(`the server is at fault: ${fault}`);
  const after = await world.dump();
  for (const [index, entry] of before.entries())
    if (after[index] !== entry) attacker.report(`what is the victim's has changed: ${entry} is ${after[index]}`);
  const { statuses, turns, violations, slowestMs } = attacker;
  const timersLeft = await timersMoreThan(timers);
  return { seed, requests: attacker.requests, statuses, turns, violations, slowestMs, heapBytes, timersLeft };
}

class Attacker {
  readonly world: World;
  readonly statuses: Record<string, number> = {};
  readonly violations: string[] = [];
  requests = 0;
  turns = 0;
  slowestMs = 0;
  readonly #known = new Knowledge();
  #nobodies = 0;
  #guests = 0;

  constructor(world: World) {
    this.world = world;
  }

  report(violation: string, shot?: Shot): void {
    const { body, ...head } = shot ?? { body: null };
    const text = body === null ? '' : new TextDecoder().decode(body.subarray(0, 600));
    this.violations.push(shot === undefined ? violation : `${violation}\n  by ${JSON.stringify(head)} ${text}`);
  }

  async take(step: Step): Promise<void> {
    const mark = this.#markOf(step);
    const shot = shotOf(step, mark);
    const heard = await this.#send(shot, step.reading);
    if (heard === null) return;
    this.#learn(mark.agentId, shot, heard);
    if (step.aim.at === 'prey' && step.reading === 'whole') await this.#compare(step, { mark, shot, heard });
  }

  /** What is said of another's session is said of one that nobody has: else it could be told which there are. */
  async #compare(step: Step, { mark, shot, heard }: { mark: Mark; shot: Shot; heard: Heard }): Promise<void> {
    // How a slow body ends depends on how busy the machine is.
    if (mark.session === null || shot.pace === 'slowly' || heard.isHead) return;
    const sessionId = `nobody-${String((this.#nobodies += 1)).padStart(17, '0')}`;
    const nobody = { ...mark, session: { ...mark.session, sessionId } };
    const twin = await this.#send(shotOf(step, nobody), step.reading);
    // A message may make a session of that name.
    if (twin === null || (shot.method === 'POST' && twin.headers.has('x-session-id'))) return;
    const [said, expected] = [errorIn(heard), errorIn(twin)?.replaceAll(sessionId, mark.session.sessionId) ?? null];
    if (said !== expected) this.report(`another's session is told from none: ${said} / ${expected}`, shot);
  }

  get #token(): string {
    return `token-of-attacker-${this.#guests}`;
  }

  /** The attacker's own sessions are whole and go on, and can all be deleted; then comes another one. */
  async settle(): Promise<void> {
    await this.#assertNothingOpen();
    for (const session of this.#known.sessions.slice(0, 6)) await this.#assertWhole(session);
    this.#known.forgetAll();
    for (let cursor: string | null = ''; cursor !== null;) {
      const heard = await this.#ask(
        'GET',
        `/api/sessions?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      const page: { sessions: { sessionId: string }[]; cursor: string | null } = JSON.parse(heard.text);
      for (const { sessionId } of page.sessions) {
        const gone = await this.#ask('DELETE', `/api/sessions/${encodeURIComponent(sessionId)}`);
        if (gone.status !== 200) this.report(`a session cannot be deleted: ${gone.status} ${gone.text}`);
      }
      cursor = page.cursor;
    }
    this.#guests += 1;
  }

  /** As many streams of events can be opened as if there had been none. */
  async #assertNothingOpen(): Promise<void> {
    const mine = await this.#ask('POST', '/api/chat/reject', {
      message: { id: 'last', role: 'user', parts: [{ type: 'text', text: 'hello' }] },
    });
    const path = `/api/sessions/${mine.headers.get('x-session-id')}/events`;
    const open = Array.from({ length: this.world.maxEventsPerOwner + 1 }, () => this.#respond('GET', path));
    const responses = await Promise.all(open);
    const statuses = responses.map(({ status }) => status);
    if (statuses.filter((status) => status === 200).length !== this.world.maxEventsPerOwner)
      this.report(`streams of events are left over, or unbounded: ${statuses.join(' ')}`);
    await Promise.all(responses.map(async ({ body }) => body?.cancel()));
  }

  #markOf({ aim, otherAgent }: Step): Mark {
    const { prey, agents } = this.world;
    const own = aim.at === 'own' ? pick(this.#known.sessions, aim.index) : undefined;
    const foreign = aim.at === 'prey' ? pick(prey, aim.index) : undefined;
    const none = { turnIds: [], messageIds: [], approvalIds: [], toolCallIds: [] };
    const named = aim.at === 'named' ? { ...none, agentId: 'reject', sessionId: aim.sessionId } : undefined;
    const session = own ?? (foreign && { ...none, ...foreign, turnIds: [foreign.turnId] }) ?? named ?? null;
    const other = otherAgent === null ? undefined : pick(agents, otherAgent)?.id;
    return { agentId: other ?? session?.agentId ?? pick(agents, this.requests)?.id ?? '', session, token: this.#token };
  }

  #learn(agentId: string, { url }: Shot, { status, headers, text }: Heard): void {
    if (status === 200 && headers.has('x-turn-id')) {
      const chunks = chunksIn(text);
      this.turns += chunks.some(({ type }) => type === 'finish') ? 1 : 0;
      this.#known.learn(agentId, headers, chunks);
    }
    if (text === '' || status !== 201 || !url.includes('/fork')) return;
    const { sessionId }: { sessionId: string } = JSON.parse(text);
    this.#known.add(agentId, sessionId);
  }

  async #assertWhole({ sessionId }: KnownSession): Promise<void> {
    const shown = await this.#shownWhenIdle(sessionId);
    if (shown === null) return;
    const { agentId, messages = [] } = JSON.parse(shown.text);
    try {
      if (messages.length > 0) await validateUIMessages({ messages });
      await convertToModelMessages(messages);
    } catch (error) {
      this.report(`a transcript is not valid any more: ${String(error)} ${shown.text.slice(0, 2000)}`);
    }
    const answer = await this.#answeredInLine(agentId, sessionId);
    const isOver = chunksIn(answer.text).some(({ type }) => type === 'finish') || answer.text.includes('"BUDGET"');
    if (!isOver) this.report(`a session does not go on: ${answer.status} ${answer.text} ${shown.text.slice(0, 3000)}`);
  }

  /** Between two turns of others the line may be full, which passes with them. */
  async #answeredInLine(agentId: string, sessionId: string): Promise<Heard> {
    const message = { id: 'goes-on', role: 'user', parts: [{ type: 'text', text: 'hello' }] };
    const say = () => this.#ask('POST', `/api/chat/${agentId}`, { id: sessionId, message });
    let answer = await say();
    for (let tries = 0; tries < 500 && answer.status === 409; tries++) {
      await delay(20);
      answer = await say();
    }
    return answer;
  }

  /** Null where it is gone. What a client has left may still run for a moment. */
  async #shownWhenIdle(sessionId: string): Promise<Heard | null> {
    for (let tries = 0; tries < 500; tries++) {
      const shown = await this.#ask('GET', `/api/sessions/${encodeURIComponent(sessionId)}`);
      if (shown.status === 404) return null;
      if (JSON.parse(shown.text).runningTurnId === null) return shown;
      await delay(20);
    }
    this.report(`a turn runs for ever in ${sessionId}`);
    return null;
  }

  async #respond(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { cookie: `token=${this.#token}`, 'content-type': 'application/json' };
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.world.answer(new Request(`http://localhost${path}`, { method, headers, ...json }));
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Heard> {
    const response = await this.#respond(method, path, body);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Null for what is no request at all. */
  async #send(shot: Shot, reading: Step['reading']): Promise<Heard | null> {
    const leaving = new AbortController();
    let request: Request;
    try {
      request = requestOf(shot, leaving.signal);
    } catch {
      return null;
    }
    // Nor is what a client's own fetch refuses to send, or breaks off itself.
    const unsent = { status: 0, headers: new Headers(), text: '' };
    this.requests += 1;
    const begun = performance.now();
    const late = new AbortController();
    const heard = await Promise.race([
      this.#hear(request, { reading, leaving }).catch((error: unknown) => {
        if (error instanceof UnsentError || leaving.signal.aborted) return unsent;
        throw error;
      }),
      delay(tooLateMs, null, { signal: late.signal }).catch(() => null),
    ]);
    late.abort();
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
    if (heard === null) {
      this.report(`no answer after ${tooLateMs} ms`, shot);
      return null;
    }
    if (heard.status === 0) return null;
    this.statuses[heard.status] = (this.statuses[heard.status] ?? 0) + 1;
    const fault = faultIn(heard);
    if (fault !== null) this.report(fault, shot);
    return heard;
  }

  async #hear(
    request: Request,
    { reading, leaving }: { readonly reading: Step['reading']; readonly leaving: AbortController },
  ): Promise<Heard> {
    if (reading === 'leaves') setTimeout(() => leaving.abort(), 1);
    const response = await this.world.answer(request);
    const { status, headers } = response;
    const isStream = headers.get('content-type') === 'text/event-stream';
    // No host looks at the body of an answer to HEAD, nor says to it that it is not wanted.
    if (request.method === 'HEAD') return { status, headers, text: '', isHead: true };
    const isEndless = isStream && !headers.has('x-vercel-ai-ui-message-stream');
    // What a host does when the connection is gone: it does not always cancel the body as well.
    if (reading === 'hangs up' && isStream) {
      leaving.abort();
      if (!isEndless) await response.body?.cancel().catch(() => {});
      return { status, headers, text: '' };
    }
    if (!isEndless && reading !== 'cancels') return { status, headers, text: await response.text() };
    return { status, headers, text: await firstOf(response) };
  }
}

async function firstOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[index % list.length];
}

function timersNow(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** Those of answers run out by and by. */
async function timersMoreThan(count: number): Promise<number> {
  for (let tries = 0; tries < 100 && timersNow() > count; tries++) await delay(50);
  return timersNow() - count;
}

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
