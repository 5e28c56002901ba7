import { changed, type Guard, renamed, unchecked } from './guard.ts';

/** Of those who wait, and of letters. */
export const lineGuards: readonly Guard[] = [
  {
    name: 'join: the guard of the session',
    without: unchecked(['join'], (keys) => keys.guard),
    plot: async ({ here, there, pass }) => {
      await here.turn('m1');
      const join = there.hold('join');
      void there.begin('m2', 'enqueue');
      await pass(10);
      await here.start({ do: 'delete' });
      await join.release();
    },
    shows: /^left over in a session that is not there: :queue :wait:m2/,
  },
  {
    name: 'join: the queue is as it was seen',
    without: unchecked(['join'], (keys) => keys.queue),
    plot: async ({ here, there, elsewhere, pass }) => {
      const first = await here.turn('m1');
      const join = there.hold('join');
      const behind = there.begin('m2', 'enqueue');
      await pass(10);
      const waiting = elsewhere.begin('m3', 'enqueue');
      const poll = elsewhere.hold('poll');
      await pass(100);
      await join.release();
      await first.end();
      void behind.then((turn) => turn?.end());
      await pass(1000);
      await poll.release();
      void waiting.then((turn) => turn?.end());
      await pass(3000);
    },
    shows: /^m2#1 begins before m3, who came first and wait/,
  },
  {
    name: 'join: the ticket runs out by itself',
    without: changed(['join'], (change, keys) =>
      change.key === keys.ticket('m2') && change.type === 'set' ? [{ ...change, ttlMs: null }] : [change],
    ),
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      void there.begin('m2', 'enqueue');
      await pass(10);
      there.cutOff();
      await first.end();
    },
    shows: /^the session is stuck: a new turn has refused/,
  },
  {
    name: 'poll: the guard of the session',
    without: unchecked(['poll'], (keys) => keys.guard),
    plot: async ({ here, there, elsewhere, pass }) => {
      const first = await here.turn('m1');
      const next = elsewhere.begin('m2', 'enqueue');
      await pass(10);
      void there.begin('m3', 'interrupt');
      await pass(10);
      await first.end();
      await pass(300);
      await next;
      const poll = there.hold('poll');
      await pass(1000);
      await here.start({ do: 'delete' });
      await poll.release();
    },
    shows: /^a letter in a session that is not there/,
  },
  {
    name: 'letter: the guard of the session',
    without: unchecked(['letter'], (keys) => keys.guard),
    plot: async ({ here, there }) => {
      await here.turn('m1');
      const letter = there.hold('letter');
      await there.start({ do: 'stop', messageId: 'm1' });
      await here.start({ do: 'delete' });
      await letter.release();
    },
    shows: /^a letter in a session that is not there/,
  },
  {
    name: 'letter: it is bound to its turn',
    without: renamed((key, keys) => (key.startsWith(keys.mail('')) ? keys.mail('all') : key)),
    plot: async ({ here, there, elsewhere, pass }) => {
      const first = await here.turn('m1');
      void there.begin('m2', 'enqueue');
      await pass(10);
      await elsewhere.start({ do: 'stop', messageId: 'm2' });
      await pass(1500);
      await first.end();
    },
    shows: /^m1#1 has stopped, and nobody asked for it/,
  },
];
