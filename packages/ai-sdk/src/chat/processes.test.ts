import { redisStorage } from '@stateroom/core/redis';
import { convertToModelMessages, validateUIMessages } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, redisNote, type RedisServer, startRedis } from '../../../core/src/testing/servers/redis-server.ts';
import { ChatServer } from '../testing/chat-server.ts';
import { roomOf } from '../agent/agent-room.ts';
import { desk, load, untilRuns } from '../testing/desk.ts';
import { type Answer, readAnswer, textOf, userMessage } from '../testing/talk.ts';

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!hasRedis)(`two servers on one Redis${redisNote}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const headers = { 'x-owner': 'me', 'content-type': 'application/json' };
  const post = async ({ url }: ChatServer, body: object): Promise<Answer> =>
    readAnswer(await fetch(`${url}/api/chat/desk`, { method: 'POST', headers, body: JSON.stringify(body) }));
  const ask = async ({ url }: ChatServer, method: 'GET' | 'DELETE', query: Record<string, string>): Promise<Answer> =>
    readAnswer(await fetch(`${url}/api/chat/desk?${new URLSearchParams(query).toString()}`, { method, headers }));
  const found = async (id: string) => {
    await using storage = redisStorage({ url: redis.url });
    const conversation = await load(storage, id);
    const messages = [...(conversation?.messages ?? [])];
    if (messages.length > 0) await validateUIMessages({ messages });
    await convertToModelMessages(messages);
    return { messages, runningTurnId: conversation?.runningTurnId };
  };
  /** Resolves when so many words of a turn's answer can be followed. */
  const untilSaid = async (id: string, words: string, url = redis.url) => {
    await using storage = redisStorage({ url });
    await untilRuns(storage, id);
    const { turns } = roomOf(desk(), { storage });
    const access = { owner: 'me', agentId: 'desk' };
    for await (const { chunks } of turns.follow(id, { ...access, turnId: 'm1#1' }))
      if (JSON.stringify(chunks).includes(words)) return;
  };
  /** Posts again and again until the session takes the message. */
  const postUntilTaken = async (server: ChatServer, body: object) => {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await post(server, body);
      if (answer.status !== 409) return answer;
      await soon(50);
    }
    throw new Error('the session is stuck');
  };

  it.each(['reject', 'enqueue', 'interrupt', 'rollback', 'steer'])(
    'keep each transcript whole when ten messages come at once: %s',
    async (overlap) => {
      // A lease that is not lost while the machine is busy with ten.
      const options = { overlap, delayMs: 1, leaseMs: 10_000 };
      await using a = await ChatServer.start(redis.url, options);
      await using b = await ChatServer.start(redis.url, options);
      const id = `ten-${overlap}`;
      await post(a, { id, message: userMessage('first', 'm0'), create: true });
      const ids = Array.from({ length: 10 }, (_, index) => `n${index}`);
      const answers = await Promise.all(
        ids.map((messageId, index) => post(index % 2 ? a : b, { id, message: userMessage(messageId, messageId) })),
      );
      const { messages, runningTurnId } = await found(id);
      const asked = messages.filter(({ role }) => role === 'user').map((message) => message.id);
      const ends = answers.map(({ status, chunks }) => (status === 200 ? (chunks.at(-1)?.type ?? '') : String(status)));
      const count = (end: string) => ends.filter((each) => each === end).length;
      expect(runningTurnId).toBe(null);
      expect(new Set(asked).size).toBe(asked.length);
      const turns = { reject: count('finish'), rollback: count('finish') }[overlap] ?? 10;
      expect([asked.length, count('409') + count('finish') + count('abort')]).toEqual([1 + turns, 10]);
      const finished = overlap === 'enqueue' || overlap === 'steer' ? 10 : 1;
      expect(count('finish')).toBeGreaterThanOrEqual(finished);
    },
  );

  it('lose nothing that was seen when one is killed in mid-stream, and the next turn begins', async () => {
    await using a = await ChatServer.start(redis.url);
    await using b = await ChatServer.start(redis.url);
    void post(a, { id: 'killed', message: userMessage('hello', 'm1'), create: true }).catch(() => {});
    await untilSaid('killed', 'w1 ');
    const following = ask(b, 'GET', { id: 'killed', turn: 'm1#1' });
    await soon(200);
    a.signal('SIGKILL');
    expect((await found('killed')).messages).toMatchObject([{ id: 'm1', role: 'user' }]);
    const followed = await following;
    expect(followed.chunks.at(-1)).toMatchObject({ type: 'error', errorText: expect.stringContaining('CRASHED') });
    const seen = textOf(followed);
    expect(seen).toMatch(/^hello: w0 w1/);
    const next = await postUntilTaken(b, { id: 'killed', message: userMessage('next', 'm2') });
    expect(next.chunks.at(-1)?.type).toBe('finish');
    const { messages } = await found('killed');
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(messages[1]?.parts).toContainEqual(expect.objectContaining({ type: 'text', text: seen, state: 'done' }));
  });

  it('close the call of a tool in which one was killed', async () => {
    await using a = await ChatServer.start(redis.url);
    await using b = await ChatServer.start(redis.url);
    void post(a, { id: 'tool', message: userMessage('use the tool', 'm1'), create: true }).catch(() => {});
    await expect.poll(() => a.events, { timeout: 10_000 }).toContainEqual({ tool: 'began' });
    await soon(300);
    a.signal('SIGKILL');
    const next = await postUntilTaken(b, { id: 'tool', message: userMessage('next', 'm2') });
    expect(next.chunks.at(-1)?.type).toBe('finish');
    const { messages } = await found('tool');
    expect(messages[1]?.parts).toContainEqual(
      expect.objectContaining({
        type: 'tool-slow',
        state: 'output-error',
        errorText: expect.stringContaining('interrupted'),
      }),
    );
  });

  it('run a tool once that was approved, also when one is killed in it', async () => {
    await using a = await ChatServer.start(redis.url);
    await using b = await ChatServer.start(redis.url);
    const asked = await post(a, { id: 'pay', message: userMessage('pay me', 'm1'), create: true });
    const question = asked.chunks.find(({ type }) => type === 'tool-approval-request');
    const approvalId = question !== undefined && 'approvalId' in question ? question.approvalId : '';
    const answers = [{ approvalId, approved: true }];
    void post(a, { id: 'pay', answers }).catch(() => {});
    await expect.poll(() => a.events, { timeout: 10_000 }).toContainEqual({ tool: 'began' });
    const joined = post(b, { id: 'pay', answers });
    await soon(300);
    a.signal('SIGKILL');
    expect((await joined).chunks.at(-1)).toMatchObject({
      type: 'error',
      errorText: expect.stringContaining('CRASHED'),
    });
    const again = await post(b, { id: 'pay', answers });
    expect(textOf(again)).toContain('interrupted before it had a result');
    const { messages } = await found('pay');
    expect(messages[1]?.parts).toContainEqual(expect.objectContaining({ type: 'tool-pay', state: 'output-error' }));
    const late = await post(b, { id: 'pay', answers: [{ approvalId, approved: false }] });
    expect([late.status, b.events]).toEqual([409, [{ turn: 'over' }]]);
  });

  it('answer a message again whose server was killed at it, once', async () => {
    await using a = await ChatServer.start(redis.url);
    await using b = await ChatServer.start(redis.url);
    const message = userMessage('hello', 'm1');
    void post(a, { id: 'again', message, create: true }).catch(() => {});
    await untilSaid('again', 'w1 ');
    a.signal('SIGKILL');
    const joined = await post(b, { id: 'again', message });
    expect(joined.chunks.at(-1)).toMatchObject({ type: 'error', errorText: expect.stringContaining('CRASHED') });
    const answer = await post(b, { id: 'again', message });
    expect([answer.headers.get('x-turn-id'), answer.chunks.at(-1)?.type]).toEqual(['m1%232', 'finish']);
    expect((await found('again')).messages.filter(({ role }) => role === 'user')).toHaveLength(1);
  });

  it('let one that was paused past its lease commit nothing, and abort its model and tool', async () => {
    await using a = await ChatServer.start(redis.url);
    await using b = await ChatServer.start(redis.url);
    const first = post(a, { id: 'paused', message: userMessage('use the tool', 'm1'), create: true });
    await expect.poll(() => a.events, { timeout: 10_000 }).toContainEqual({ tool: 'began' });
    a.signal('SIGSTOP');
    const next = await postUntilTaken(b, { id: 'paused', message: userMessage('next', 'm2') });
    expect(next.chunks.at(-1)?.type).toBe('finish');
    const before = await found('paused');
    a.signal('SIGCONT');
    expect((await first).chunks.at(-1)).toMatchObject({
      type: 'error',
      errorText: expect.stringMatching(/LEASE_LOST|STORAGE/),
    });
    await expect.poll(() => a.events).toEqual([{ tool: 'began' }, { tool: 'aborted' }, { turn: 'over' }]);
    expect(await found('paused')).toEqual(before);
  });

  it('stop each other’s turns, also in a slow tool, within a second, and never the next', async () => {
    await using a = await ChatServer.start(redis.url);
    await using b = await ChatServer.start(redis.url);
    const first = post(a, { id: 'stopped', message: userMessage('use the tool', 'm1'), create: true });
    await expect.poll(() => a.events, { timeout: 10_000 }).toContainEqual({ tool: 'began' });
    const askedAt = performance.now();
    expect((await ask(b, 'DELETE', { id: 'stopped', turn: 'm1#1' })).body).toEqual({ status: 'asked' });
    expect((await first).chunks.at(-1)?.type).toBe('abort');
    process.stdout.write(
      `a stop in a slow tool of another process was heard after ${Math.round(performance.now() - askedAt)} ms\n`,
    );
    expect(a.events).toEqual([{ tool: 'began' }, { tool: 'aborted' }, { turn: 'over' }]);
    const next = post(a, { id: 'stopped', message: userMessage('next', 'm2') });
    expect((await ask(b, 'DELETE', { id: 'stopped', turn: 'm1#1' })).body).toEqual({ status: 'over' });
    expect((await next).chunks.at(-1)?.type).toBe('finish');
  });

  it('tell who reads that the storage is gone, and have all of it when it is back', async () => {
    const own = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    try {
      await using a = await ChatServer.start(own.url);
      const first = post(a, { id: 'gone', message: userMessage('hello', 'm1'), create: true });
      await untilSaid('gone', 'w1 ', own.url);
      await own.kill();
      expect((await first).chunks.at(-1)).toMatchObject({
        type: 'error',
        errorText: expect.stringContaining('STORAGE'),
      });
      await own.restart();
      const next = await postUntilTaken(a, { id: 'gone', message: userMessage('next', 'm2') });
      expect(next.chunks.at(-1)?.type).toBe('finish');
      await using storage = redisStorage({ url: own.url });
      const conversation = await load(storage, 'gone');
      expect(conversation?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    } finally {
      await own.stop();
    }
  });
});
