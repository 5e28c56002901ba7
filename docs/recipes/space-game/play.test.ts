import { addEffect } from '@stateroom/orchestration';
import { describe, expect, it } from 'vitest';
import { type Action, parseAction } from './actions.ts';
import { usedCargo } from './cargo.ts';
import { effectiveStats } from './effective-stats.ts';
import type { Game, PlayerStats } from './game.ts';
import { ending, play } from './play.ts';
import { generateStarMap, locationOf, starMapOf } from './star-map.ts';
import { at, gameWith, sessionOf } from './testing/fixtures.ts';

const after = (game: Game, ...actions: Action[]) =>
  actions.reduce((session, action) => play(session, action, 0), sessionOf(game)).game;
const linkOf = (game: Game) => locationOf(game)?.node.links[0] ?? { to: '', distance: 0 };

describe('an action', () => {
  it('that ends a turn counts it, and saves it in the auto slot', () => {
    const session = play(sessionOf(at('asteroids', gameWith())), { type: 'mine' }, 0);
    expect(session.game).toMatchObject({ turn_count: 1, statistics: { items_collected: 4 } });
    expect(session.slots[0]).toMatchObject({
      metadata: { turn_count: 1, wealth: 500, health: 100 },
      game: session.game,
    });
  });

  it('that ends none leaves turns, effects and the auto slot alone', () => {
    const game = addEffect(at('station', gameWith()), { id: 'a', kind: 'temp_hp', value: 5, turnsLeft: 1 });
    const session = play(sessionOf(game), { type: 'buy', item: 'ore', quantity: 1 }, 0);
    expect(session).toMatchObject({ game: { turn_count: 0, effects: game.effects }, slots: { 0: null } });
  });

  it('brings the effect that its item promises: +50 HP, for 5 turns', () => {
    const held = at('asteroids', gameWith({ inventory: [{ item: 'shield_capsule', quantity: 1 }] }));
    const mine = { type: 'mine' } as const;
    const shielded = after(held, { type: 'use_item', item: 'shield_capsule' });
    expect(shielded.player_stats.inventory).toEqual([]);
    const hulls = [shielded, after(shielded, mine, mine, mine, mine), after(shielded, mine, mine, mine, mine, mine)];
    expect(hulls.map((game) => effectiveStats(game).max_hp)).toEqual([130, 130, 80]);
    expect(hulls[2]?.messages).toContain('shield_capsule has worn off');
  });

  it('mends the hull at the end of its turn when effects are over, never beyond their maximum', () => {
    const drones: PlayerStats['ship_mods'] = { high: [], mid: [], low: ['repair_drones'], rig: [] };
    const game = at('asteroids', gameWith({ ship_condition: 78, ship_mods: drones }));
    expect(after(game, { type: 'mine' })).toMatchObject({
      player_stats: { ship_condition: 79 },
      messages: ['4 ore taken on board', 'restored +5 HP'],
    });
    const fading = addEffect(
      { ...game, player_stats: { ...game.player_stats, ship_condition: 84 } },
      { id: 'shield', kind: 'temp_hp', value: 50, turnsLeft: 1 },
    );
    expect(after(fading, { type: 'mine' }).player_stats.ship_condition).toBe(80);
  });

  it('moves the player along a link, for the fuel that the effective stats say', () => {
    const game = gameWith();
    const link = linkOf(game);
    const arrived = after(game, { type: 'navigate', node_id: link.to });
    expect(arrived.player_stats.fuel).toBe(100 - link.distance * 8);
    expect(arrived).toMatchObject({
      current_node_id: link.to,
      statistics: { total_distance_traveled: link.distance, systems_visited: 1 },
    });
    expect(locationOf(arrived)).toMatchObject({ region_id: 'region_1', node_id: link.to });
  });

  it('buys, sells and mends at a station alone, and counts the credits', () => {
    const game = at('station', gameWith({ ship_condition: 30 }));
    const traded = after(game, { type: 'buy', item: 'ore', quantity: 5 }, { type: 'sell', item: 'ore', quantity: 2 });
    expect(traded).toMatchObject({
      player_stats: { wealth: 500 - 60 + 24, inventory: [{ item: 'ore', quantity: 3 }] },
      statistics: { credits_spent: 60, credits_earned: 24 },
    });
    expect(after(game, { type: 'repair' }).player_stats).toMatchObject({ ship_condition: 80, wealth: 400 });
    expect(after(at('station', gameWith()), { type: 'repair' }).player_stats).toMatchObject({
      ship_condition: 100,
      wealth: 500,
    });
  });

  it('answers what an event asks', () => {
    const asked = gameWith({}, { current_event: 'derelict', available_choices: ['board', 'leave'] });
    expect(after(asked, { type: 'choose', choice: 'board' })).toMatchObject({
      player_stats: { wealth: 560, health: 90 },
      current_event: null,
      available_choices: [],
    });
  });
});

describe('what is refused changes nothing', () => {
  const poor = at('station', gameWith({ wealth: 90 }));
  const full = at('station', gameWith({ inventory: [{ item: 'fuel_cell', quantity: 10 }] }));
  it.each<readonly [string, Game, Action, object]>([
    [
      'a way that is none',
      gameWith(),
      { type: 'navigate', node_id: 'node_13' },
      { code: 'INVALID', path: 'action.node_id' },
    ],
    [
      'a way that is too far',
      gameWith({ fuel: 1 }),
      { type: 'navigate', node_id: linkOf(gameWith()).to },
      { code: 'LIMIT', path: 'player_stats.fuel' },
    ],
    [
      'mining where there is nothing',
      at('station', gameWith()),
      { type: 'mine' },
      { code: 'CONFLICT', path: 'current_node_id' },
    ],
    ['repair in deep space', at('deep_space', gameWith()), { type: 'repair' }, { code: 'CONFLICT' }],
    [
      'what costs too much',
      poor,
      { type: 'buy', item: 'shield_capsule', quantity: 2 },
      { code: 'LIMIT', path: 'player_stats.wealth' },
    ],
    [
      'what is too heavy, though it could be paid',
      full,
      { type: 'buy', item: 'ore', quantity: 6 },
      { code: 'LIMIT', path: 'player_stats.inventory' },
    ],
    ['a stack that is too high', full, { type: 'buy', item: 'fuel_cell', quantity: 1 }, { code: 'LIMIT' }],
    ['to sell what is not there', poor, { type: 'sell', item: 'ore', quantity: 1 }, { code: 'INVALID' }],
    [
      'to use what has no use',
      gameWith({ inventory: [{ item: 'ore', quantity: 1 }] }),
      { type: 'use_item', item: 'ore' },
      { code: 'INVALID' },
    ],
    ['a choice that nobody gave', gameWith(), { type: 'choose', choice: 'board' }, { code: 'INVALID' }],
    [
      'a place that is not on the map',
      gameWith({}, { current_node_id: 'nowhere' }),
      { type: 'mine' },
      { code: 'INVALID_STATE' },
    ],
  ])('%s', (_name, game, action, error) => {
    const before = structuredClone(game);
    expect(() => play(sessionOf(game), action, 0)).toThrow(expect.objectContaining(error));
    expect(game).toEqual(before);
  });

  it.each<readonly [unknown, string]>([
    [{ type: 'cheat' }, 'action.type'],
    [null, 'action'],
    [{ type: 'buy', item: 'gold', quantity: 1 }, 'action.item'],
    [{ type: 'buy', item: 'ore', quantity: -5 }, 'action.quantity'],
    [{ type: 'navigate', node_id: undefined }, 'action.node_id'],
  ])('%j is no action', (input, path) => {
    expect(() => parseAction(input)).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });
});

describe('the hold', () => {
  it('is measured by weight, and a quest’s goods take no room', () => {
    expect(
      usedCargo([
        { item: 'ore', quantity: 5 },
        { item: 'scrap', quantity: 2 },
        { item: 'data_core', quantity: 1 },
      ]),
    ).toBe(16);
  });

  it('takes what there is room for, and is then full', () => {
    const game = at('asteroids', gameWith({ inventory: [{ item: 'scrap', quantity: 15 }] }));
    const filled = after(game, { type: 'mine' });
    expect(effectiveStats(filled)).toMatchObject({ used_cargo_space: 49, cargo_capacity: 50 });
    expect(() => after(filled, { type: 'mine' })).toThrow(expect.objectContaining({ code: 'LIMIT' }));
    const lighter = after(filled, { type: 'jettison', item: 'scrap', quantity: 10 });
    expect(after(lighter, { type: 'mine' }).player_stats.inventory).toContainEqual({ item: 'ore', quantity: 6 });
  });
});

describe('the end of a game', () => {
  it.each<readonly [string, Partial<PlayerStats>, Partial<Game>]>([
    ['health is gone', { health: 0 }, {}],
    ['the ship is gone', { ship_condition: 0 }, {}],
    ['the pod is gone', { in_pod_mode: true, has_flight_pod: true, pod_hp: 0 }, {}],
    ['fuel is gone', { fuel: 0 }, {}],
    ['the player is rich', { wealth: 2000 }, {}],
    ['fifty turns are over', {}, { turn_count: 50 }],
    ['it was over', {}, { game_over: true }],
    ['it was won', {}, { victory: true }],
  ])('%s: no action any more', (_name, player, state) => {
    const game = at('asteroids', gameWith(player, state));
    expect(() => after(game, { type: 'mine' })).toThrow(expect.objectContaining({ code: 'CONFLICT', path: 'game' }));
  });

  it('is told by flags, after the action that has brought it', () => {
    const last = at('asteroids', gameWith({}, { turn_count: 49 }));
    expect(after(last, { type: 'mine' })).toMatchObject({ turn_count: 50, game_over: true, victory: false });
    const rich = at('station', gameWith({ wealth: 1990, inventory: [{ item: 'ore', quantity: 1 }] }));
    expect(after(rich, { type: 'sell', item: 'ore', quantity: 1 })).toMatchObject({ game_over: false, victory: true });
    expect(ending(gameWith())).toBeNull();
  });

  it('is put off by a pod', () => {
    const game = at('asteroids', gameWith({ ship_condition: 4, has_flight_pod: true, pod_hp: 30 }));
    expect(after(game, { type: 'mine' })).toMatchObject({
      game_over: false,
      player_stats: { in_pod_mode: true },
      statistics: { ships_destroyed: 1, pod_uses: 1 },
    });
  });
});

describe('the star map', () => {
  it('is made of the game’s id, the same each time, another one for another game', () => {
    expect(starMapOf(gameWith())).toEqual(generateStarMap('game-1'));
    expect(generateStarMap('game-2')).not.toEqual(generateStarMap('game-1'));
  });

  it('has a way back for each way, and no place twice', () => {
    const nodes = generateStarMap('game-1').regions.flatMap((region) => region.nodes);
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(24);
    const ways = nodes.flatMap(({ id, links }) => links.map(({ to, distance }) => `${id} ${to} ${distance}`));
    const back = nodes.flatMap(({ id, links }) => links.map(({ to, distance }) => `${to} ${id} ${distance}`));
    expect(back.toSorted()).toEqual(ways.toSorted());
  });

  it('tells no location for a place, or a region, that it does not have', () => {
    expect(locationOf(gameWith({}, { current_node_id: 'nowhere' }))).toBeNull();
    expect(locationOf(gameWith({}, { current_region_id: 'region_9' }))).toBeNull();
  });
});
