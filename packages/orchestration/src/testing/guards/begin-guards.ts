import { changed, type Guard, unchanged, unchecked, unread } from './guard.ts';

/** Of the commit that begins a turn, and of the one that closes a dead turn with it. */
export const beginGuards: readonly Guard[] = [
  {
    name: 'begin: there is no run',
    without: unchecked(['begin'], (keys) => keys.run),
    plot: async ({ here, there }) => {
      const first = await here.turn('m1');
      await there.begin('m2');
      await first.end();
    },
    shows: /^m2#1 begins while m1#1 holds the lease/,
  },
  {
    name: 'begin: the message bears no mark',
    without: unchecked(['begin'], (keys) => keys.mark('m1')),
    plot: async ({ here, there }) => {
      await (await here.turn('m1')).end();
      await (await there.begin('m1'))?.end();
    },
    shows: /^the message m1 was answered twice/,
  },
  {
    name: 'begin: the guard of the session',
    without: unchecked(['begin'], (keys) => keys.guard),
    plot: async ({ here, there }) => {
      await here.start({ do: 'delete' });
      await there.begin('m1');
    },
    shows: /^m1#1 begins in a session that is not there/,
  },
  {
    name: 'begin: the queue is as it was seen',
    without: unchecked(['begin'], (keys) => keys.queue),
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      const waiting = there.begin('m2', 'enqueue');
      await pass(10);
      await first.end();
      await (await here.begin('m3'))?.end();
      await (await waiting)?.end();
    },
    shows: /^m3#1 begins before m2, who came first and wait/,
  },
  {
    name: 'begin: the tickets of those ahead are gone',
    without: unchecked(['begin'], (keys) => (key) => key.startsWith(keys.ticket(''))),
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      const waiting = there.begin('m2', 'enqueue');
      await pass(10);
      await first.end();
      const behind = here.begin('m3', 'enqueue');
      await pass(300);
      await (await waiting)?.end();
      await pass(300);
      await (await behind)?.end();
    },
    shows: /^m3#1 begins before m2, who came first and wait/,
  },
  {
    name: 'begin: letters are read with it',
    without: unread(['begin'], (key, keys) => key.startsWith(keys.mail(''))),
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      const waiting = there.begin('m2', 'enqueue');
      await pass(10);
      await first.end();
      const begin = there.hold('begin');
      await pass(300);
      await here.start({ do: 'stop', messageId: 'm2' });
      await begin.release();
      await (await waiting)?.end();
    },
    shows: /^m2#1 was asked to end before it began, and has completed/,
  },
  {
    name: 'begin: run and lease bear one version, the receipt',
    without: changed(['begin'], (change, keys) =>
      change.key === keys.lease && change.type === 'set' ? [{ ...change, version: 'another' }] : [change],
    ),
    plot: async ({ here }) => {
      await (await here.begin('m1'))?.end();
    },
    shows: /^a turn has begun, and nobody was told so/,
  },
  {
    name: 'begin: the lease runs out by itself',
    without: changed(['begin'], (change, keys) =>
      change.key === keys.lease && change.type === 'set' ? [{ ...change, ttlMs: null }] : [change],
    ),
    plot: async ({ here }) => {
      await here.turn('m1');
      here.cutOff();
    },
    shows: /^the session is stuck: a new turn has refused/,
  },
  {
    name: 'begin: no turn has come since the attempt before',
    without: unchecked(['begin'], (keys) => keys.turns),
    plot: async ({ here, there, elsewhere }) => {
      await (await here.turn('m1')).end('failed');
      const [first, second] = [there.hold('begin'), there.hold('begin')];
      const retry = there.begin('m1');
      await first.release();
      await (await elsewhere.turn('m2')).end();
      await second.release();
      await (await retry)?.end();
    },
    shows: /^m1#2 goes on with an attempt that m2#1 came after/,
  },
  {
    name: 'recovery: the record is as it was seen',
    without: unchecked(['recovery'], (keys) => keys.record),
    plot: async ({ here, there, elsewhere, lapse }) => {
      await here.turn('m1');
      lapse();
      const recovery = there.hold('recovery');
      const next = there.begin('m2');
      await elsewhere.start({ do: 'update' });
      await recovery.release();
      await (await next)?.end();
    },
    shows: /^outsider elsewhere1 was lost/,
  },
  {
    name: 'recovery: run and record are as they were seen',
    without: unchecked(
      ['recovery'],
      (keys) => keys.run,
      (keys) => keys.record,
    ),
    plot: async ({ here, there, elsewhere, lapse }) => {
      await (await here.turn('m0')).end();
      await here.turn('m1');
      lapse();
      const recovery = there.hold('recovery');
      const next = there.begin('m2');
      await (await elsewhere.turn('m3')).end();
      await recovery.release();
      await (await next)?.end();
    },
    shows: /^m1#1 is recorded twice/,
  },
  {
    name: 'recovery: the message is marked',
    without: unchanged(['recovery'], (keys) => keys.mark('m1')),
    plot: async ({ here, there, lapse }) => {
      await here.turn('m1');
      lapse();
      await (await there.turn('m2')).end();
      await (await there.begin('m1'))?.end();
    },
    shows: /^m1#1 is recorded twice/,
  },
];
