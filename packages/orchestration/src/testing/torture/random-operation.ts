import type { Operation } from '../schedules/operations.ts';
import { policies } from '../schedules/operations.ts';
import type { TurnAct } from '../turns/turn-runner.ts';
import type { Random } from './random.ts';
import type { RoomKind } from './rooms-of.ts';

const slotMs = 250;

/** What somebody asks for now. Several processes come upon the same message at the same time. */
export function randomOperation(random: Random, kind: RoomKind): Operation {
  const what = random.weighted([
    [60, 'begin'],
    [12, 'stop'],
    [8, 'follow'],
    [14, 'update'],
    [6, 'special'],
  ] as const);
  if (what === 'begin') return randomBegin(random);
  if (what === 'update') return { do: what };
  if (what === 'special') return special(random, kind);
  return { do: what, messageId: messageId(random, random.below(4)) };
}

function special(random: Random, kind: RoomKind): Operation {
  if (kind === 'delete') return { do: 'delete' };
  if (kind === 'talk') return { do: 'update' };
  const before = random.next() < 0.3 ? null : messageId(random, 2 + random.below(20));
  return random.next() < 0.5 ? { do: 'rewind', messageId: before } : { ...randomBegin(random), replacesAfter: before };
}

function randomBegin(random: Random): Extract<Operation, { do: 'begin' }> {
  const acts = Array.from({ length: 1 + random.below(9) }, () =>
    random.pick<TurnAct>(['write', 'write', 'step', 'wait']),
  );
  return {
    do: 'begin',
    messageId: messageId(random, 0),
    overlap: random.pick([...policies, 'enqueue']),
    acts,
    ending: random.weighted([
      [8, 'completed'],
      [1, 'failed'],
      [1, 'waiting'],
    ] as const),
    leavesAfterMs: random.next() < 0.15 ? random.between(10, 1500) : null,
  };
}

function messageId(random: Random, slotsAgo: number): string {
  return `m${Math.floor(Date.now() / slotMs) - slotsAgo}${random.pick(['a', 'b'])}`;
}
