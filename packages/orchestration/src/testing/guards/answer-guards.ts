import { type Guard, unchanged, unchecked } from './guard.ts';

/** Of the commit that begins a turn with the answers to what another one waits for. */
export const answerGuards: readonly Guard[] = [
  {
    name: 'answer: the record is as it was seen',
    without: unchecked(['answer'], (keys) => keys.record),
    plot: async ({ here, there, elsewhere }) => {
      await (await here.turn('m1')).end('waiting');
      const answer = there.hold('answer');
      const answering = there.answer('m1');
      await (await elsewhere.turn('m2')).end();
      await answer.release();
      await (await answering)?.end();
    },
    shows: /^m1#1~1#1 goes on with m1#1, and m2#1 came after it/,
  },
  {
    name: 'answer: there is no run',
    without: unchecked(['answer'], (keys) => keys.run),
    plot: async ({ here, there, elsewhere }) => {
      await (await here.turn('m1')).end('waiting');
      const answer = there.hold('answer');
      const answering = there.answer('m1');
      const other = await elsewhere.turn('m2');
      await answer.release();
      await (await answering)?.end();
      await other.end();
    },
    shows: /^m1#1~1#1 begins while m2#1 holds the lease/,
  },
  {
    name: 'answer: the question is taken with it',
    without: unchanged(['answer'], (keys) => keys.record),
    plot: async ({ here, there }) => {
      await (await here.turn('m1')).end('waiting');
      await (await there.answer('m1'))?.end();
    },
    shows: /^the state lacks: answered m1#1/,
  },
  {
    name: 'answer: no turn has come since the attempt before',
    without: unchecked(['begin'], (keys) => keys.turns),
    plot: async ({ here, there, elsewhere }) => {
      await (await here.turn('m1')).end('waiting');
      await (await here.answer('m1'))?.end('failed');
      const begin = there.hold('begin');
      const retry = there.answer('m1');
      await (await elsewhere.turn('m2')).end();
      await begin.release();
      await (await retry)?.end();
    },
    shows: /^m1#1~1#2 goes on with m1#1, and m2#1 came after it/,
  },
];
