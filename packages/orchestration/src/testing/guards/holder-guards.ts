import { changed, type Guard, unchanged, unchecked } from './guard.ts';
import { touchedLease } from './touched-lease.ts';

/** Of the commits of whoever holds the lease. */
export const holderGuards: readonly Guard[] = [
  {
    name: 'flush: the lease',
    without: unchecked(['flush'], (keys) => keys.lease),
    plot: async ({ here, there, pass, lapse }) => {
      const first = await here.turn('m1');
      const flush = here.hold('flush');
      await first.write();
      await pass(150);
      lapse();
      const second = await there.turn('m2');
      await flush.release();
      await second.end();
    },
    shows: /^m1#1 has written while m2#1 held the lease/,
  },
  {
    name: 'step: the lease',
    without: unchecked(['step'], (keys) => keys.lease),
    plot: async ({ here, pass, lapse }) => {
      const first = await here.turn('m1');
      const step = here.hold('step');
      const storing = first.step().catch(() => {});
      await pass(10);
      lapse();
      await step.release();
      await storing;
      await first.end();
    },
    shows: /^m1#1 has written while nobody held the lease/,
  },
  {
    name: 'end: the lease',
    without: unchecked(['end'], (keys) => keys.lease),
    plot: async ({ here, pass, lapse }) => {
      const first = await here.turn('m1');
      const end = here.hold('end');
      const ending = first.end();
      await pass(10);
      lapse();
      await end.release();
      await ending;
    },
    shows: /^m1#1 has written while nobody held the lease/,
  },
  {
    name: 'end: lease and record',
    without: unchecked(
      ['end'],
      (keys) => keys.lease,
      (keys) => keys.record,
    ),
    plot: async ({ here, there, pass, lapse }) => {
      await (await here.turn('m0')).end();
      const first = await here.turn('m1');
      const end = here.hold('end');
      const ending = first.end();
      await pass(10);
      lapse();
      await (await there.turn('m2')).end();
      await end.release();
      await ending;
    },
    shows: /^m1#1 is recorded twice/,
  },
  {
    name: 'flush: the lease has another version each time',
    without: touchedLease,
    plot: async ({ here, pass }) => {
      const first = await here.turn('m1');
      await first.write();
      here.loseReply('flush');
      await pass(150);
      await first.end();
    },
    shows: /^the stream of m1#1 has word 0 at place 1/,
  },
  ...(['step', 'end'] as const).map((kind) => ({
    name: `${kind}: the record is as it was seen`,
    without: unchecked([kind], (keys) => keys.record),
    plot: async ({ here, there, pass }: Parameters<Guard['plot']>[0]) => {
      const first = await here.turn('m1');
      const held = here.hold(kind);
      const storing = first[kind]();
      await pass(10);
      await there.start({ do: 'update' });
      await held.release();
      await storing;
      await first.end();
    },
    shows: /^outsider there1 was lost/,
  })),
  {
    name: 'step: a message that is taken along bears no mark',
    without: unchecked(['step'], (keys) => keys.mark('m1')),
    plot: async ({ here, there, pass }) => {
      await (await here.turn('m1')).end('failed');
      const second = await here.turn('m2');
      void there.begin('m1', 'steer');
      await pass(10);
      await second.write();
      await pass(150);
      await second.step();
      await second.end();
    },
    shows: /^the message m1 stands there twice/,
  },
  {
    name: 'step: a message that is taken along is marked',
    without: unchanged(['step'], (keys) => keys.mark('m2')),
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      const steering = there.begin('m2', 'steer');
      await pass(10);
      await first.write();
      await pass(150);
      await first.step();
      await first.end();
      await pass(1000);
      await (await steering)?.end();
    },
    shows: /^the message m2 is there, and is to come/,
  },
  {
    name: 'end: the message is marked',
    without: unchanged(['end'], (keys) => keys.mark('m1')),
    plot: async ({ here, there }) => {
      await (await here.turn('m1')).end();
      await (await there.begin('m1'))?.end();
    },
    shows: /^the message m1 was answered twice/,
  },
  {
    name: 'end: the lease goes with the run',
    without: unchanged(['end'], (keys) => keys.lease),
    plot: async ({ here }) => {
      await (await here.turn('m1')).end();
    },
    shows: /^the lease of m1#1 is not its run's/,
  },
  {
    name: 'end: the run goes with the lease',
    without: unchanged(['end'], (keys) => keys.run),
    plot: async ({ here, there }) => {
      await (await here.turn('m1')).end();
      await (await there.begin('m2'))?.end();
    },
    shows: /^m1#1 is recorded twice/,
  },
  {
    name: 'follow: one moment',
    without: changed([], (change) => [change]),
    splitsReads: true,
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      await first.write();
      await pass(150);
      await there.start({ do: 'follow', messageId: 'm1' });
      const read = there.hold('read');
      await pass(300);
      await first.write();
      await first.end();
      await read.release();
      await pass(1500);
    },
    shows: /^a follower of m1#1 has heard 1 of 2 words/,
  },
];
