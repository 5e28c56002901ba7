import { addEffect, type Effect, effectsOf, type OrchestrationState, type WithEffects } from '@stateroom/orchestration';
import { z } from 'zod';

export const Stats = z.object({
  /** Is added to each blow. */
  strength: z.int(),
  /** What a creature's throw of twenty has to reach to bite. */
  armour: z.int(),
});
export type Stats = z.infer<typeof Stats>;

/** What an effect adds. */
const Modifier = Stats.partial();

/** The kind of effects whose value says how much is added to which stats. */
const kind = 'stats';

/** How long effects last. The turn in which a tool gives one is the first of its turns. */
const forTurns = (turns: number) => ({ turnsLeft: 1 + turns });

const blessing: Effect = { id: 'blessing', kind, value: { strength: 3, armour: 2 }, ...forTurns(5) };
const silence: Effect = { id: 'the sea is silent', kind: 'cooldown', value: 'pray', ...forTurns(8) };
export const venom: Effect = { id: 'venom', kind, value: { strength: -2, armour: -1 }, ...forTurns(3) };
export const rested: Effect = { id: 'rested', kind, value: { strength: 1 }, ...forTurns(3) };

/** A blessing, and no other until the sea listens again: that is not the model's to decide. */
export function blessed(state: OrchestrationState): OrchestrationState {
  return [blessing, silence].reduce(addEffect, state);
}

/**
 * The base stats with all that holds at the moment. Made anew each time and never stored: so nothing has to be undone
 * when an effect wears off, or is taken back.
 */
export function effectiveStats(base: Stats, held: WithEffects): Stats {
  return effectsOf(held, kind).reduce((stats, { value }) => {
    const { strength = 0, armour = 0 } = Modifier.safeParse(value).data ?? {};
    return { strength: stats.strength + strength, armour: stats.armour + armour };
  }, base);
}
