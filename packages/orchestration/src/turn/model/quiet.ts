import { Fingerprints } from './fingerprints.ts';
import { endOf } from './ledger.ts';
import type { Begin } from './operations.ts';
import type { Simulation } from './simulation.ts';
import { violated } from './violation.ts';
import type { World } from './world.ts';

/** A lease or a ticket lasts for two ticks. */
const ticksToWait = 3;

/** Whether all callers are done or dead; copies of what they have sent may still arrive. */
export function isOver({ callers }: World): boolean {
  return callers.every(({ doing }) => doing === null);
}

/**
 * When all is quiet, a new caller must get its turn, at the latest once leases and tickets have run out. Throws a
 * Violation if it does not.
 */
export function assertGoesOn(world: World, simulation: Simulation): void {
  const fingerprints = new Fingerprints();
  const who = world.callers.length;
  let now = simulation.withCaller(world, [newcomer]);
  let ticks = 0;
  while (!isOver(now)) {
    const next = simulation.after(now, { type: 'deliver', who });
    simulation.assertSound(next);
    const isWaiting = !isOver(next) && fingerprints.of(next) === fingerprints.of(now);
    if (isWaiting && ticks++ === ticksToWait) violated('stuck', 'a new turn cannot begin');
    now = isWaiting ? simulation.after(now, { type: 'tick', who }) : next;
  }
  const end = endOf(now.ledger, newcomer.turn);
  if (end === null) violated('stuck', `a new turn is told ${now.callers[who]?.result ?? 'nothing'}`);
}

const newcomer: Begin = {
  do: 'begin',
  turn: 'X',
  overlap: 'enqueue',
  answers: null,
  acts: ['end'],
  creates: 'ifAbsent',
  mayLeave: false,
};
