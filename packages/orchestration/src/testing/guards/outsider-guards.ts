import type { Change } from '@stateroom/core';
import { z } from 'zod';
import { kindOf } from '../turns/kind-of.ts';
import { type Guard, unchecked } from './guard.ts';

/** Of those who change a session and hold no lease. */
export const outsiderGuards: readonly Guard[] = [
  {
    name: 'create: there is no record',
    without: unchecked(['create'], (keys) => keys.record),
    plot: async ({ here, there, pass }) => {
      await here.start({ do: 'delete' });
      const create = here.hold('create');
      await here.start({ do: 'create' });
      await there.start({ do: 'create' });
      await pass(10);
      await there.start({ do: 'update' });
      await create.release();
    },
    shows: /^outsider there2 was lost/,
  },
  {
    name: 'delete: the record is as it was seen',
    without: unchecked(['delete'], (keys) => keys.record),
    plot: async ({ here, there, pass }) => {
      const deletion = here.hold('delete');
      await here.start({ do: 'delete' });
      await (await there.turn('m1')).end();
      await deletion.release();
      await pass(10);
    },
    shows: /^left over in a session that is not there: :stream:m1#1 :turn:m1/,
  },
  {
    name: 'delete: the run is as it was seen',
    without: unchecked(['delete'], (keys) => keys.run),
    plot: async ({ here, there, pass }) => {
      const deletion = here.hold('delete');
      await here.start({ do: 'delete' });
      await (await there.turn('m1')).write();
      await pass(150);
      await deletion.release();
      await pass(10);
    },
    shows: /^left over in a session that is not there: :stream:m1#1/,
  },
  {
    name: 'delete: the queue is as it was seen',
    without: unchecked(['delete'], (keys) => keys.queue),
    plot: async ({ here, there, elsewhere, pass }) => {
      await there.turn('m1');
      const deletion = here.hold('delete');
      await here.start({ do: 'delete' });
      void elsewhere.begin('m2', 'enqueue');
      await pass(10);
      await deletion.release();
      await pass(10);
    },
    shows: /^left over in a session that is not there: :wait:m2/,
  },
  {
    name: 'rewind: there is no run',
    without: unchecked(['rewind'], (keys) => keys.run),
    plot: async ({ here, there }) => {
      await (await here.turn('m1')).end();
      const rewind = here.hold('rewind');
      await here.start({ do: 'rewind', messageId: null });
      const second = await there.turn('m2');
      await rewind.release();
      await second.end();
    },
    shows: /^m2#1 was cut by a rewind/,
  },
  {
    name: 'rewind: the record is as it was seen',
    without: unchecked(['rewind'], (keys) => keys.record),
    plot: async ({ here, there }) => {
      await (await here.turn('m1')).end();
      const rewind = here.hold('rewind');
      await here.start({ do: 'rewind', messageId: null });
      await (await there.turn('m2')).end();
      await rewind.release();
    },
    shows: /^m2 is marked with m2#1, which is not there/,
  },
  {
    name: 'update: it goes into the state before a turn, too',
    without: (keys) => async (transaction, storage) => {
      if (kindOf(transaction, keys) !== 'update') return transaction;
      const [entry] = (await storage.read({ entries: [keys.record] })).entries;
      const kept = Drafted.parse(JSON.parse(entry?.value ?? '{}')).draft;
      const changes = transaction.changes.map((change): Change => {
        if (change.type !== 'set' || change.key !== keys.record) return change;
        return { ...change, value: JSON.stringify({ ...Drafted.parse(JSON.parse(change.value)), draft: kept }) };
      });
      return { ...transaction, changes };
    },
    plot: async ({ here, there, pass }) => {
      const first = await here.turn('m1');
      await first.step();
      await there.start({ do: 'update' });
      const next = there.begin('m2', 'rollback');
      await pass(1500);
      await first.end();
      await pass(1000);
      await (await next)?.end();
    },
    shows: /^an update is in one of the states alone/,
  },
];

const Drafted = z.looseObject({ draft: z.unknown() });
