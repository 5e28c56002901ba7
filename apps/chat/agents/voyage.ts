import { sessionOf, type ToolSession } from '@stateroom/ai-sdk';
import type { SessionData } from '@stateroom/orchestration';
import { z } from 'zod';
import { type Place, placeIn } from './sea-map.ts';
import { effectiveStats, Stats } from './stats.ts';

export const fullHitPoints = 20;
const freshStats: Stats = { strength: 2, armour: 11 };

/** What the game master keeps of a player. */
export const Voyage = z.object({
  place: z.string(),
  hitPoints: z.int().min(0).max(fullHitPoints),
  /** As they are for good; what holds for some turns is in the effects. */
  base: Stats.default(freshStats),
  bag: z.array(z.string()),
  /** The creature that is fought; null between battles. How much it can still take, the player is not told. */
  foe: z
    .object({ name: z.string(), hitPoints: z.int().min(0) })
    .nullable()
    .default(null),
});
export type Voyage = z.infer<typeof Voyage>;

export const voyage: SessionData<Voyage> = {
  schema: Voyage,
  initial: { place: 'quay', hitPoints: fullHitPoints, base: freshStats, bag: [], foe: null },
  view: ({ place, hitPoints, base, bag, foe }, held) => {
    const effective = effectiveStats(base, held);
    return {
      place,
      hitPoints,
      ...effective,
      baseStrength: base.strength,
      baseArmour: base.armour,
      bag,
      ...(foe !== null && { foe: foe.name }),
    };
  },
};

/** The voyage of the turn in which a tool is called, where on the map it has come to, and the player's stats just now. */
export function voyageOf(options: object): {
  readonly session: ToolSession<Voyage>;
  readonly here: Place;
  readonly stats: Stats;
} {
  const session = sessionOf(options, Voyage);
  const { data, state } = session;
  return { session, here: placeIn(data.place), stats: effectiveStats(data.base, state) };
}

/** Never below nothing, whatever has happened meanwhile. A player without a hit point left is let go. */
export function hurt(damage: number): (voyage: Voyage) => Voyage {
  return (before) => {
    const hitPoints = Math.max(0, before.hitPoints - damage);
    return { ...before, hitPoints, foe: hitPoints === 0 ? null : before.foe };
  };
}

/** Of the creature that is fought. */
export function wounded(damage: number): (voyage: Voyage) => Voyage {
  return (before) => ({
    ...before,
    foe: before.foe && { ...before.foe, hitPoints: Math.max(0, before.foe.hitPoints - damage) },
  });
}

/** Each prize is in the bag once, and makes its winner stronger for good. */
export function packed(prize: string): (voyage: Voyage) => Voyage {
  return (before) => {
    if (before.bag.includes(prize)) return { ...before, foe: null };
    const base = { ...before.base, strength: before.base.strength + 1 };
    return { ...before, base, foe: null, bag: [...before.bag, prize] };
  };
}
