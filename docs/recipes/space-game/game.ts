import { StateroomError } from '@stateroom/core';
import { Effect } from '@stateroom/orchestration';
import { z } from 'zod';
import { Stack } from './cargo.ts';
import { PodAugmentation, ShipMod, ShipType } from './ship.ts';
import { StarMap } from './star-map.ts';

/** The game as it is stored. Its data has the names that it has in the saves. */

export const PlayerStats = z.strictObject({
  health: z.number(),
  wealth: z.number(),
  ship_condition: z.number(),
  fuel: z.number(),
  food: z.number().min(0),
  has_flight_pod: z.boolean(),
  pod_hp: z.number(),
  pod_augmentations: z.array(PodAugmentation),
  in_pod_mode: z.boolean(),
  ship_type: ShipType,
  ship_mods: z.strictObject({
    high: z.array(ShipMod),
    mid: z.array(ShipMod),
    low: z.array(ShipMod),
    rig: z.array(ShipMod),
  }),
  inventory: z.array(Stack),
  /** Of the bare hull. */
  cargo_capacity: z.number(),
});
export type PlayerStats = z.infer<typeof PlayerStats>;

export const Statistics = z.strictObject({
  total_distance_traveled: z.number(),
  systems_visited: z.int(),
  items_collected: z.int(),
  credits_earned: z.number(),
  credits_spent: z.number(),
  ships_destroyed: z.int(),
  pod_uses: z.int(),
});
export type Statistics = z.infer<typeof Statistics>;

export const Game = z.strictObject({
  game_id: z.string().min(1),
  player_stats: PlayerStats,
  /** What holds for the next turns: `temp_hp` adds its value to the hull. */
  effects: z.array(Effect),
  active_quest: z.string().nullable(),
  completed_quests: z.array(z.string()),
  turn_count: z.int().min(0),
  game_over: z.boolean(),
  victory: z.boolean(),
  current_event: z.enum(['derelict', 'pilgrims']).nullable(),
  available_choices: z.array(z.string()),
  /** Null for the map that the game's id makes. */
  star_map: StarMap.nullable(),
  current_region_id: z.string(),
  current_node_id: z.string(),
  statistics: Statistics,
  /** What the last action had to tell. */
  messages: z.array(z.string()),
});
export type Game = z.infer<typeof Game>;

/** What a game begins with, where the defaults are not wanted. */
export type StartingStats = Partial<Pick<PlayerStats, 'health' | 'wealth' | 'ship_condition' | 'fuel' | 'food'>>;

const initialPlayer: PlayerStats = {
  health: 100,
  wealth: 500,
  ship_condition: 100,
  fuel: 100,
  food: 50,
  has_flight_pod: false,
  pod_hp: 0,
  pod_augmentations: [],
  in_pod_mode: false,
  ship_type: 'scout',
  ship_mods: { high: [], mid: [], low: [], rig: [] },
  inventory: [],
  cargo_capacity: 50,
};

export function newGame(gameId: string, starting: StartingStats = {}): Game {
  return {
    game_id: gameId,
    player_stats: { ...initialPlayer, ...starting },
    effects: [],
    active_quest: null,
    completed_quests: [],
    turn_count: 0,
    game_over: false,
    victory: false,
    current_event: null,
    available_choices: [],
    star_map: null,
    current_region_id: 'region_1',
    current_node_id: 'node_1',
    statistics: {
      total_distance_traveled: 0,
      systems_visited: 0,
      items_collected: 0,
      credits_earned: 0,
      credits_spent: 0,
      ships_destroyed: 0,
      pod_uses: 0,
    },
    messages: [],
  };
}

/** STARTING_HEALTH, STARTING_WEALTH and so on. INVALID, by the name of the variable, for what is no number. */
export function startingStats(environment: Readonly<Record<string, string | undefined>>): StartingStats {
  const starting: { [Name in keyof StartingStats]: number } = {};
  for (const name of ['health', 'wealth', 'ship_condition', 'fuel', 'food'] as const) {
    const variable = `STARTING_${name.toUpperCase()}`;
    const text = environment[variable]?.trim() ?? '';
    if (text === '') continue;
    const value = Number(text);
    if (!(value >= 0 && value < Infinity)) {
      throw new StateroomError('INVALID', `${variable} is no number from 0; leave it out for the default`, {
        path: variable,
      });
    }
    starting[name] = value;
  }
  return starting;
}
