import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { override } from '@stateroom/core/testing';
import type { Budget } from '@stateroom/orchestration';
import { describe, expect, it } from 'vitest';
import { hasRedis, redisNote, startRedis } from '../../../core/src/testing/servers/redis-server.ts';
import { defineAgent } from './agent.ts';
import { scriptedModel } from '../scripted-model.ts';
import { load } from '../testing/desk.ts';
import { approvalOf, shop, toolParts } from '../testing/shop.ts';
import { ask, post, stateOf, userMessage } from '../testing/talk.ts';

const dayMs = 24 * 60 * 60_000;
const owner = (tokens: number): Budget => ({ perOwner: { tokens, windowMs: dayMs } });

/** All that is stored. */
async function dump(storage: StorageProvider) {
  const { found } = await storage.scan('', null, 1000);
  const keysOf = (kind: string) => found.flatMap((one) => (one.kind === kind ? [one.key] : [])).toSorted();
  const { entries, lists } = await storage.read({
    entries: keysOf('entry'),
    lists: keysOf('list').map((key) => ({ key })),
  });
  return { keys: [keysOf('entry'), keysOf('list')], entries, lists };
}

const say = (text: string, id = 's') => ({ id, message: userMessage(text), create: true });

describe('an owner whose budget is used up', () => {
  it('is told so by 429 and until when; nothing is stored, and no model is called', async () => {
    const { storage, calls, route, other } = shop({ budget: owner(1) });
    expect((await post(route, say('one'))).status).toBe(200);
    const before = await dump(storage);
    const { lists } = await storage.read({
      lists: [{ key: before.keys[1]?.find((key) => key.includes('ledger')) ?? '' }],
    });
    const { at }: { at: number } = JSON.parse(lists[0]?.items[0] ?? '');
    for (const body of [say('two'), say('three', 'another'), { message: userMessage('four') }]) {
      const refused = await post(other, body);
      const error = { code: 'BUDGET', path: 'budget.perOwner', freesAt: at + dayMs };
      expect([refused.status, refused.body]).toMatchObject([429, { error }]);
      const retryAfter = Number(refused.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(dayMs / 1000 - 600);
      expect(retryAfter).toBeLessThanOrEqual(dayMs / 1000);
    }
    expect(await dump(storage)).toEqual(before);
    expect(calls).toEqual(['one']);
  });

  it('still follows and hears again what was begun, and others have budgets of their own', async () => {
    const { route, calls } = shop({ budget: owner(1) });
    const message = say('one');
    const first = await post(route, message);
    const again = await post(route, message);
    expect([again.status, again.chunks]).toEqual([200, first.chunks]);
    const turn = decodeURIComponent(first.headers.get('x-turn-id') ?? '');
    expect((await ask(route, 'GET', { id: 's', turn })).chunks).toEqual(first.chunks);
    expect((await post(route, say('hello', 'yours'), { owner: 'you' })).status).toBe(200);
    expect(calls).toEqual(['one', 'hello']);
  });

  it('regenerates and edits nothing, and loses nothing by it', async () => {
    const { storage, route } = shop({ budget: owner(1) });
    const message = userMessage('one');
    await post(route, { id: 's', message, create: true });
    const before = await dump(storage);
    const wishes = [{ regenerate: null }, { message: userMessage('other'), replaces: message.id }];
    for (const wish of wishes) expect((await post(route, { id: 's', ...wish })).status).toBe(429);
    expect(await dump(storage)).toEqual(before);
  });

  it('may answer an open question when there is room again', async () => {
    const storage = memoryStorage();
    const poor = shop({ budget: owner(1) }, storage);
    await post(poor.route, say('refund'));
    const before = await dump(storage);
    const [part] = toolParts((await poor.load())?.messages ?? []);
    const answers = [{ approvalId: approvalOf(part), approved: true }];
    const refused = await post(poor.other, { id: 's', answers });
    expect([refused.status, poor.paid, await dump(storage)]).toEqual([429, [], before]);
    const rich = shop({ budget: owner(1000) }, storage);
    expect((await post(rich.route, { id: 's', answers })).status).toBe(200);
    expect(rich.paid).toHaveLength(1);
  });
});

describe('a session whose budget is used up', () => {
  const budget: Budget = { perSession: { tokens: 1 } };

  it('never takes another turn, but a new session does', async () => {
    const { storage, route, calls } = shop({ budget });
    await post(route, say('one'));
    const before = await dump(storage);
    const refused = await post(route, say('two'));
    const error = { code: 'BUDGET', path: 'budget.perSession', freesAt: null };
    expect([refused.status, refused.body]).toMatchObject([429, { error }]);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(await dump(storage)).toEqual(before);
    expect((await post(route, say('three', 'new'))).status).toBe(200);
    expect(calls).toEqual(['one', 'three']);
  });

  it('is not filled again by taking back what was said', async () => {
    const storage = memoryStorage();
    await post(shop({}, storage).route, say('one'));
    const spent = (await load(storage, 's'))?.state.cumulativeTokenUsage.totalTokens ?? 0;
    const { route } = shop({ budget: { perSession: { tokens: spent + 1 } } }, storage);
    const again = await post(route, { id: 's', regenerate: null });
    expect([again.status, stateOf(again)]).toMatchObject([200, { cumulativeTokenUsage: { totalTokens: 2 * spent } }]);
    expect((await post(route, { id: 's', regenerate: null })).status).toBe(429);
  });
});

describe('what counts', () => {
  async function ledgerOf(storage: StorageProvider): Promise<number> {
    const { found } = await storage.scan('orchestration-state:ledger:', null, 10);
    const { lists } = await storage.read({ lists: found.map(({ key }) => ({ key })) });
    const items = lists.flatMap((list) => list.items.map((item): { tokens: number } => JSON.parse(item)));
    return items.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  it('is each model step, in every session of the owner', async () => {
    const { storage, route } = shop({ budget: owner(1_000_000) });
    await post(route, say('lookup'));
    await post(route, say('more', 'another'));
    const spentIn = async (id: string) => (await load(storage, id))?.state.cumulativeTokenUsage.totalTokens ?? 0;
    expect(await spentIn('s')).toBeGreaterThan(await spentIn('another'));
    expect(await ledgerOf(storage)).toBe((await spentIn('s')) + (await spentIn('another')));
  });

  it('is a model step as soon as it is stored, whatever becomes of the turn', async () => {
    const reply = ({ toolResults }: { toolResults: readonly unknown[] }) =>
      toolResults.length === 0 ? { toolCalls: [{ name: 'lookup', input: {} }] } : { text: 'word '.repeat(200) };
    const { storage, route } = shop({ budget: owner(1_000_000), model: scriptedModel({ delayMs: 10, reply }) });
    const answer = post(route, { id: 's', message: userMessage('go on'), create: true });
    while ((await ledgerOf(storage)) === 0) await new Promise((done) => setTimeout(done, 5));
    const conversation = await load(storage, 's');
    expect(conversation?.runningTurnId).not.toBeNull();
    expect(await ledgerOf(storage)).toBeGreaterThan(0);
    await answer;
  });

  it('is a stopped turn, as it is estimated', async () => {
    const slow = { text: 'word '.repeat(200) };
    const model = scriptedModel({ delayMs: 10, reply: () => slow });
    const { storage, route } = shop({ budget: owner(1_000_000), model });
    const answer = post(route, { id: 's', message: userMessage('go', 'm'), create: true });
    while (((await load(storage, 's'))?.runningTurnId ?? null) === null)
      await new Promise((done) => setTimeout(done, 5));
    await ask(route, 'DELETE', { id: 's', turn: 'm#1' });
    await answer;
    const spent = (await load(storage, 's'))?.state.cumulativeTokenUsage.totalTokens ?? 0;
    expect(spent).toBeGreaterThan(0);
    expect(await ledgerOf(storage)).toBe(spent);
  });
});

/** Turns of one owner at once, on two servers, each in its session; then one after the other. How many were begun. */
async function overshoot(here: StorageProvider, there: StorageProvider) {
  const servers = [here, there].map((storage) => shop({ budget: owner(1) }, storage).route);
  const send = async (index: number, text: string) => {
    const [route] = [servers[index % 2]].filter((server) => server !== undefined);
    return route === undefined ? 0 : (await post(route, say(text, `s${index}`))).status;
  };
  const atOnce = await Promise.all(Array.from({ length: 6 }, (_, index) => send(index, 'hello')));
  const after: number[] = [];
  for (let index = 0; index < 6; index++) after.push(await send(index, 'again'));
  return { atOnce: atOnce.every((status) => status === 200 || status === 429), begun: atOnce.includes(200), after };
}

describe('turns under way at once', () => {
  const bounded = { atOnce: true, begun: true, after: [429, 429, 429, 429, 429, 429] };

  it('may use more than is left, but none that comes after them', async () => {
    const storage = memoryStorage();
    expect(await overshoot(storage, storage)).toEqual(bounded);
  });

  it.skipIf(!hasRedis)(`are bounded like that by two servers on one Redis${redisNote}`, async () => {
    const server = await startRedis();
    await using here = redisStorage({ url: server.url });
    await using there = redisStorage({ url: server.url });
    expect(await overshoot(here, there)).toEqual(bounded);
    await here.close();
    await there.close();
    await server.stop();
  });
});

describe('what a budget costs', () => {
  /** Of a plain turn in a session that is there: all round trips. The ledger answers when the turn's own trips are sent. */
  async function costs(budget?: Budget) {
    let trips = 0;
    const inner = memoryStorage();
    let sent = Promise.withResolvers<void>();
    const isOfLedger = (key: string) => key.includes('ledger');
    const storage = override(inner, {
      read: async (reads) => {
        trips += 1;
        // Whoever waited for it before the turn begins would wait for ever.
        if (reads.lists?.some(({ key }) => isOfLedger(key))) await sent.promise;
        return inner.read(reads);
      },
      commit: async (transaction) => {
        trips += 1;
        const isEnd = transaction.changes.some(({ type, key }) => type === 'delete' && key.endsWith('lease'));
        const { changes, reads } = transaction;
        const keys = [...changes.map(({ key }) => key), ...(reads?.lists ?? []).map(({ key }) => key)];
        if (keys.some(isOfLedger)) await sent.promise;
        else if (isEnd || transaction.changes.some(({ type, key }) => type === 'set' && key.endsWith('lease')))
          sent.resolve();
        return inner.commit(transaction);
      },
    });
    const { route } = shop(budget && { budget }, storage);
    await post(route, say('first'));
    trips = 0;
    sent = Promise.withResolvers<void>();
    await post(route, say('second'));
    return trips;
  }

  it('is nothing without one, and for an owner two round trips that none waits for', async () => {
    const none = await costs();
    expect(await costs({ perSession: { tokens: 1000 } })).toBe(none);
    expect(await costs(owner(1000))).toBe(none + 2);
  });
});

describe('a budget that cannot be', () => {
  it.each([
    [{ perSession: { tokens: 0 } }, 'budget.perSession.tokens'],
    [{ perOwner: { tokens: 1 } }, 'budget.perOwner.windowMs'],
    [{ perOwner: { tokens: 1, windowMs: 1.5 } }, 'budget.perOwner.windowMs'],
    [{ perUser: {} }, 'budget'],
  ])('is refused with its path: %j', (budget, path) => {
    const { agent } = shop();
    const define = () =>
      defineAgent({ id: 'x', model: agent.model, instructions: '', tools: {}, budget: budget as never });
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });
});
