/**
 * Effects: entries of a state that last so many turns. What is done with them is pure, and works on any state that has
 * `effects`; OrchestrationState has, and an application's own may.
 */

import { StateroomError } from '@stateroom/core';
import { z } from 'zod';

/** The kinds whose value is the name of a tool, or text for the model: the rules of orchestration know them. */
const textKinds: readonly string[] = ['tool', 'cooldown', 'instructions'];

/**
 * Something that holds for the next turns. Three kinds are the framework's own: `tool` offers the tool that `value` names
 * though the step's `allow` does not, `cooldown` takes it away, `instructions` adds its text to the model's. Any other
 * kind, with whatever JSON as its value, is the application's.
 */
export const Effect = z
  .object({
    /** One of an id at a time: another one of the same id takes its place. */
    id: z.string().min(1).max(256),
    kind: z.string().min(1).max(64),
    value: z.json(),
    /** How many ends of turns it has yet to see; it is gone with the last of them. */
    turnsLeft: z.int().min(1),
  })
  .refine(({ kind, value }) => !textKinds.includes(kind) || (typeof value === 'string' && value !== ''), {
    path: ['value'],
    message: 'is a text that is not empty, for this kind',
  });
export type Effect = z.infer<typeof Effect>;

/** What a client may see of an effect. `value` is the tool's name, for the kinds `tool` and `cooldown` alone. */
export const EffectView = z.object({
  id: z.string(),
  kind: z.string(),
  turnsLeft: z.int(),
  value: z.string().optional(),
});
export type EffectView = z.infer<typeof EffectView>;

/** A state in which effects are kept. */
export type WithEffects = { readonly effects: readonly Effect[] };

/** They are read at each model step, and stored with each turn. */
const maxEffects = 100;

/**
 * With the effect as the newest, in place of the one with its id. INVALID, with the path, for one that cannot be; LIMIT
 * where the state has 100 already.
 */
export function addEffect<S extends WithEffects>(state: S, effect: Effect): S {
  const added = validEffect(effect);
  const kept = others(state, added.id);
  if (kept.length >= maxEffects)
    throw new StateroomError('LIMIT', `a state has at most ${maxEffects} effects`, { path: 'effects' });
  return { ...state, effects: [...kept, added] };
}

/** Without the effect of this id, if there is one. */
export function removeEffect<S extends WithEffects>(state: S, id: string): S {
  return { ...state, effects: others(state, id) };
}

/** Those of a kind, the newest last. */
export function effectsOf({ effects }: WithEffects, kind: string): Effect[] {
  return effects.filter((effect) => effect.kind === kind);
}

/** The state after the end of a turn: each effect has one turn less, and those that had one left are gone. */
export function advanceEffects<S extends WithEffects>(state: S): { readonly state: S; readonly expired: Effect[] } {
  const lowered = state.effects.map((effect) => ({ ...effect, turnsLeft: effect.turnsLeft - 1 }));
  const effects = lowered.filter(({ turnsLeft }) => turnsLeft > 0);
  return { state: { ...state, effects }, expired: state.effects.filter(({ turnsLeft }) => turnsLeft <= 1) };
}

export function toEffectView({ id, kind, value, turnsLeft }: Effect): EffectView {
  const isToolName = (kind === 'tool' || kind === 'cooldown') && typeof value === 'string';
  return { id, kind, turnsLeft, ...(isToolName && { value }) };
}

function others({ effects }: WithEffects, id: string): Effect[] {
  return effects.filter((effect) => effect.id !== id);
}

function validEffect(effect: Effect): Effect {
  const result = Effect.safeParse(effect);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = ['effect', ...(issue?.path ?? [])].map(String).join('.');
  throw new StateroomError('INVALID', `${path}: ${issue?.message ?? 'is no effect'}`, { path });
}
