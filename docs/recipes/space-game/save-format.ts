import { type SessionInfo, StateroomError } from '@stateroom/core';
import { z } from 'zod';
import { Game, newGame, PlayerStats, Statistics } from './game.ts';
import { isAtRepairLocation } from './game-view.ts';
import { GameSession } from './slots.ts';
import { generateStarMap, StarMap, starMapOf } from './star-map.ts';

/** A save of today: the nine parts that saves have always had, and all else that a game needs to go on as it was. */
export const SavedSession = z.strictObject({
  version: z.literal(2),
  session_id: z.string().min(1),
  owner: z.string().nullable(),
  /** ISO 8601, in UTC. */
  saved_at: z.string(),
  ...Game.shape,
  star_map: StarMap,
  at_repair_location: z.boolean(),
  slots: GameSession.shape.slots,
});
export type SavedSession = z.infer<typeof SavedSession>;

/** Of effects as old saves have them. */
const TemporaryEffect = z.strictObject({ type: z.string().min(1), value: z.json(), duration: z.number() });

/** A save of before: the nine parts alone, each of which may be missing. */
const OldSave = z
  .strictObject({
    player_stats: z.strictObject({
      ...PlayerStats.partial().shape,
      temp_effects: z.array(TemporaryEffect).optional(),
      // Both can be told from the rest.
      used_cargo_space: z.number().optional(),
      max_ship_condition: z.number().optional(),
    }),
    active_quest: z.string().nullable(),
    completed_quests: z.array(z.string()),
    turn_count: z.int().min(0),
    at_repair_location: z.boolean(),
    star_map: StarMap.nullable(),
    current_region_id: z.string(),
    current_node_id: z.string(),
    statistics: Statistics.partial(),
  })
  .partial();

/** What a game takes of a save, which has more. */
const GameParts = z.object(Game.shape);
const OldPlayer = z.object(PlayerStats.shape).partial();
const OldParts = GameParts.omit({ player_stats: true, statistics: true, effects: true }).partial();

export function toSaved({ game, slots }: GameSession, info: SessionInfo & { readonly savedAt: number }): SavedSession {
  return {
    version: 2,
    session_id: info.sessionId,
    owner: info.owner,
    saved_at: new Date(info.savedAt).toISOString(),
    ...game,
    star_map: starMapOf(game),
    at_repair_location: isAtRepairLocation(game),
    slots,
  };
}

/** The session as it was. What follows from the rest is not taken from the save, but made again. */
export function fromSaved(saved: SavedSession): GameSession {
  const isMade = JSON.stringify(saved.star_map) === JSON.stringify(generateStarMap(saved.game_id));
  return { game: { ...GameParts.parse(saved), star_map: isMade ? null : saved.star_map }, slots: saved.slots };
}

/** INVALID_STATE, with the path, for a text that is no save of today; of an old one it says what to do. */
export function parseSaved(text: string): SavedSession {
  const json = parseJson(text);
  if (isOldSave(json)) throw invalid('version', 'is missing: the save is an old one, which migrateOldSave takes over');
  return judged(SavedSession, json);
}

/** The game of an old save, as one of today with this id. INVALID_STATE, with the path, for what is none. */
export function parseOldSave(text: string, gameId: string): Game {
  const old = judged(OldSave, parseJson(text));
  const fresh = newGame(gameId);
  return judged(Game, {
    ...fresh,
    ...OldParts.parse(old),
    player_stats: { ...fresh.player_stats, ...OldPlayer.parse(old.player_stats ?? {}) },
    statistics: { ...fresh.statistics, ...old.statistics },
    effects: (old.player_stats?.temp_effects ?? []).flatMap(({ type, value, duration }, index) =>
      duration < 1 ? [] : [{ id: `${type}-${index}`, kind: type, value, turnsLeft: Math.floor(duration) }],
    ),
  });
}

/** Whether a parsed save is one of before, which had no version. */
export function isOldSave(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'player_stats' in json && !('version' in json);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StateroomError('INVALID_STATE', 'the save is not JSON: it is cut off, or no save at all', { cause });
  }
}

function judged<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid((issue?.path ?? []).map(String).join('.'), issue?.message ?? 'is no save');
}

function invalid(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID_STATE', `save.${path}: ${fault}`, { path: `save.${path}` });
}
