import { type Game, newGame, type PlayerStats } from '../game.ts';
import type { GameSession } from '../slots.ts';
import { starMapOf, type StarNode } from '../star-map.ts';

/** A game whose player has other numbers than the first ones. */
export function gameWith(player: Partial<PlayerStats> = {}, game: Partial<Game> = {}): Game {
  const begun = newGame('game-1');
  return { ...begun, player_stats: { ...begun.player_stats, ...player }, ...game };
}

export function sessionOf(game: Game): GameSession {
  return { game, slots: [null, null, null, null, null] };
}

/** The game at the first node of a kind. */
export function at(kind: StarNode['kind'], game: Game): Game {
  for (const region of starMapOf(game).regions) {
    const node = region.nodes.find((candidate) => candidate.kind === kind);
    if (node !== undefined) return { ...game, current_region_id: region.id, current_node_id: node.id };
  }
  throw new Error(`the map has no ${kind}`);
}
