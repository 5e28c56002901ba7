import { sessionOf, type ToolSession } from '@stateroom/ai-sdk';
import type { SessionData } from '@stateroom/orchestration';
import { z } from 'zod';
import { type Place, placeIn } from './sea-map.ts';

export const fullHitPoints = 20;

/** What the game master keeps of a player. */
export const Voyage = z.object({
  place: z.string(),
  hitPoints: z.int().min(0).max(fullHitPoints),
  bag: z.array(z.string()),
  /** What the creature before the player has suffered. The player is not told. */
  wounds: z.int().min(0),
});
export type Voyage = z.infer<typeof Voyage>;

export const voyage: SessionData<Voyage> = {
  schema: Voyage,
  initial: { place: 'quay', hitPoints: fullHitPoints, bag: [], wounds: 0 },
  view: ({ place, hitPoints, bag }) => ({ place, hitPoints, bag }),
};

/** The voyage of the turn in which a tool is called, and where on the map it has come to. */
export function voyageOf(options: object): { readonly session: ToolSession<Voyage>; readonly here: Place } {
  const session = sessionOf(options, Voyage);
  return { session, here: placeIn(session.data.place) };
}

/** Never below nothing, nor above full, whatever has happened meanwhile. */
export function hurt(damage: number): (voyage: Voyage) => Voyage {
  return (before) => ({
    ...before,
    hitPoints: Math.min(fullHitPoints, Math.max(0, before.hitPoints - damage)),
  });
}

/** Each prize is in the bag once. */
export function packed(prize: string): (voyage: Voyage) => Voyage {
  return (before) => ({ ...before, wounds: 0, bag: [...before.bag.filter((thing) => thing !== prize), prize] });
}
