import { effectsOf } from '@stateroom/orchestration';
import { usedCargo } from './cargo.ts';
import type { Game, PlayerStats } from './game.ts';
import { type Modifier, podAugmentations, shipMods, ships, type ShipStats } from './ship.ts';

/** The player's numbers with all that is fitted, carried and in effect. Made anew each time, and never stored. */
export type EffectiveStats = PlayerStats & ShipStats & { readonly used_cargo_space: number };

/** Base ship, then ship mods by slot, then the pod, then effects. */
export function effectiveStats(game: Game): EffectiveStats {
  const { player_stats: player } = game;
  const base: ShipStats = { ...ships[player.ship_type], cargo_capacity: player.cargo_capacity };
  const modifiers = [...modsOf(player), ...podOf(player), ...effectsOn(game)];
  return { ...player, ...modified(base, modifiers), used_cargo_space: usedCargo(player.inventory) };
}

/** The stats with the modifiers applied in their order. */
export function modified(base: ShipStats, modifiers: readonly Modifier[]): ShipStats {
  return modifiers.reduce((stats, modifier) => {
    const { stat } = modifier;
    const value = 'add' in modifier ? stats[stat] + modifier.add : stats[stat] * modifier.multiply;
    return { ...stats, [stat]: rounded(value) };
  }, base);
}

/** The hull after a repair by so many points, or a full one: up to the effective maximum, and never lower than it was. */
export function repairedCondition(game: Game, points = Infinity): number {
  const { ship_condition: condition, max_hp } = effectiveStats(game);
  return Math.max(condition, Math.min(condition + points, max_hp));
}

function modsOf({ ship_mods: { high, mid, low, rig } }: PlayerStats): Modifier[] {
  return [...high, ...mid, ...low, ...rig].map((mod) => shipMods[mod]);
}

/** A pod helps as long as nobody sits in it. */
function podOf({ has_flight_pod, in_pod_mode, pod_augmentations }: PlayerStats): Modifier[] {
  return has_flight_pod && !in_pod_mode ? pod_augmentations.map((name) => podAugmentations[name]) : [];
}

function effectsOn(game: Game): Modifier[] {
  return effectsOf(game, 'temp_hp').map(({ value }) => ({
    stat: 'max_hp',
    add: typeof value === 'number' ? value : 0,
  }));
}

/** A chain of products of decimals leaves no dust. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
