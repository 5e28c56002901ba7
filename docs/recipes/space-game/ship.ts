import { z } from 'zod';

/** The numbers of a ship that mods, a pod and effects can change. */
export type ShipStats = {
  readonly max_hp: number;
  readonly cargo_capacity: number;
  /** What a unit of distance takes of fuel: less is better. */
  readonly fuel_efficiency: number;
  readonly mining_yield: number;
  readonly scan_bonus: number;
  /** How much of the hull mends itself each turn. */
  readonly hull_repair: number;
};

/** Changes one number of a ship. They are applied in their order, each to what those before it have made. */
export type Modifier =
  | { readonly stat: keyof ShipStats; readonly add: number }
  | { readonly stat: keyof ShipStats; readonly multiply: number };

export const ShipType = z.enum(['scout', 'freighter']);
export type ShipType = z.infer<typeof ShipType>;

export const ShipMod = z.enum([
  'armor_plates',
  'cargo_expander',
  'cargo_rig',
  'fuel_optimizer',
  'mining_laser',
  'repair_drones',
  'scanner_upgrade',
]);
export type ShipMod = z.infer<typeof ShipMod>;

export const PodAugmentation = z.enum(['shield_boost', 'emergency_thrusters', 'scanner_array']);
export type PodAugmentation = z.infer<typeof PodAugmentation>;

/** All but the hold, whose size is the player's own. */
export const ships: Readonly<Record<ShipType, Omit<ShipStats, 'cargo_capacity'>>> = {
  scout: { max_hp: 80, fuel_efficiency: 0.8, mining_yield: 1, scan_bonus: 1, hull_repair: 0 },
  freighter: { max_hp: 140, fuel_efficiency: 1.2, mining_yield: 1, scan_bonus: 1, hull_repair: 0 },
};

export const shipMods: Readonly<Record<ShipMod, Modifier>> = {
  armor_plates: { stat: 'max_hp', add: 30 },
  cargo_expander: { stat: 'cargo_capacity', add: 50 },
  cargo_rig: { stat: 'cargo_capacity', add: 75 },
  fuel_optimizer: { stat: 'fuel_efficiency', multiply: 0.8 },
  mining_laser: { stat: 'mining_yield', multiply: 1.5 },
  repair_drones: { stat: 'hull_repair', add: 5 },
  scanner_upgrade: { stat: 'scan_bonus', multiply: 2 },
};

export const podAugmentations: Readonly<Record<PodAugmentation, Modifier>> = {
  shield_boost: { stat: 'max_hp', add: 20 },
  emergency_thrusters: { stat: 'fuel_efficiency', multiply: 0.8 },
  scanner_array: { stat: 'scan_bonus', multiply: 2 },
};
