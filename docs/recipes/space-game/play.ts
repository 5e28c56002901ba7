import { StateroomError } from '@stateroom/core';
import { advanceEffects } from '@stateroom/orchestration';
import { type Action, perform, turnActions } from './actions.ts';
import { repairedCondition, effectiveStats } from './effective-stats.ts';
import type { Game } from './game.ts';
import { autoSave, type GameSession } from './slots.ts';

export const maxTurns = 50;
const victoryWealth = 2000;

/**
 * The session after an action: the check whether the game is over, the action itself, and where it ends a turn what a
 * turn does, with the auto-save. Pure: whatever throws has changed nothing. CONFLICT when the game is over.
 */
export function play(session: GameSession, action: Action, now: number): GameSession {
  const over = ending(session.game);
  if (over !== null) {
    throw new StateroomError('CONFLICT', `the game is over: ${over.reason}; load a slot or begin anew`, {
      path: 'game',
    });
  }
  const acted = perform({ ...session.game, messages: [] }, action);
  if (!turnActions.includes(action.type)) return { ...session, game: concluded(acted) };
  return autoSave({ ...session, game: concluded(endTurn(acted)) }, now);
}

/** How the game has ended; null as long as it has not. */
export function ending(game: Game): { readonly isVictory: boolean; readonly reason: string } | null {
  const { health, wealth, ship_condition, fuel, in_pod_mode, pod_hp } = game.player_stats;
  const over = (reason: string) => ({ isVictory: false, reason });
  if (game.victory || wealth >= victoryWealth) return { isVictory: true, reason: 'you are rich' };
  if (health <= 0) return over('you have died');
  if (in_pod_mode && pod_hp <= 0) return over('the pod is lost');
  if (!in_pod_mode && ship_condition <= 0) return over('the ship is lost');
  if (fuel <= 0) return over('there is no fuel left');
  if (game.turn_count >= maxTurns) return over(`${maxTurns} turns are over`);
  return game.game_over ? over('it has ended') : null;
}

/** One turn more: effects are lowered, those that are over go, and then the hull mends itself. */
export function endTurn(game: Game): Game {
  const { state, expired } = advanceEffects(game);
  const food = Math.max(0, state.player_stats.food - 1);
  const health = state.player_stats.health - (food === 0 ? 5 : 0);
  const turned = { ...state, turn_count: game.turn_count + 1, player_stats: { ...state.player_stats, food, health } };
  const messages = [...game.messages, ...expired.map(({ id }) => `${id} has worn off`)];
  return mended({ ...turned, messages });
}

function mended(game: Game): Game {
  const { ship_condition, hull_repair } = effectiveStats(game);
  const condition = hull_repair > 0 && ship_condition > 0 ? repairedCondition(game, hull_repair) : ship_condition;
  if (condition === ship_condition) return game;
  const messages = [...game.messages, `restored +${condition - ship_condition} HP`];
  return { ...game, player_stats: { ...game.player_stats, ship_condition: condition }, messages };
}

/** Into the pod where there is one; else the flags that tell of the end. */
function concluded(game: Game): Game {
  const { ship_condition, has_flight_pod, in_pod_mode } = game.player_stats;
  if (ship_condition <= 0 && has_flight_pod && !in_pod_mode) return concluded(inPod(game));
  const over = ending(game);
  if (over === null) return game;
  const messages = [...game.messages, over.reason];
  return { ...game, game_over: !over.isVictory, victory: over.isVictory, messages };
}

function inPod(game: Game): Game {
  const { ships_destroyed, pod_uses } = game.statistics;
  return {
    ...game,
    player_stats: { ...game.player_stats, in_pod_mode: true },
    statistics: { ...game.statistics, ships_destroyed: ships_destroyed + 1, pod_uses: pod_uses + 1 },
    messages: [...game.messages, 'the ship is lost; you are in the pod'],
  };
}
