import type { SessionInfo } from '@stateroom/core';
import { effectiveStats, type EffectiveStats } from './effective-stats.ts';
import type { Game } from './game.ts';
import { maxTurns } from './play.ts';
import { type GameSession, listSlots, type SlotInfo } from './slots.ts';
import { type Location, locationOf } from './star-map.ts';

/** All that a player's client gets: the game with what is made of it, and what is to be known of the saves. */
export type GameView = Omit<Game, 'player_stats' | 'star_map'> & {
  readonly session_id: string;
  readonly player_stats: EffectiveStats;
  readonly location: Location | null;
  readonly at_repair_location: boolean;
  readonly max_turns: number;
  readonly slots: readonly SlotInfo[];
  /** ISO 8601, in UTC. */
  readonly created_at: string;
  readonly last_activity: string;
};

export function toGameView(session: GameSession, { sessionId, createdAt, updatedAt }: SessionInfo): GameView {
  const { star_map: _, ...game } = session.game;
  return {
    ...game,
    session_id: sessionId,
    player_stats: effectiveStats(session.game),
    location: locationOf(session.game),
    at_repair_location: isAtRepairLocation(session.game),
    max_turns: maxTurns,
    slots: listSlots(session),
    created_at: new Date(createdAt).toISOString(),
    last_activity: new Date(updatedAt).toISOString(),
  };
}

export function isAtRepairLocation(game: Game): boolean {
  return locationOf(game)?.node.kind === 'station';
}
