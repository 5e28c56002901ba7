import { StateroomError } from '@stateroom/core';
import { addEffect } from '@stateroom/orchestration';
import { z } from 'zod';
import { Item, items, loaded, roomFor, type Stack, unloaded } from './cargo.ts';
import { effectiveStats, repairedCondition } from './effective-stats.ts';
import { type Game, type PlayerStats, Statistics } from './game.ts';
import { type Location, locationOf, placeIn, type StarNode, starMapOf } from './star-map.ts';

const quantity = z.int().min(1).max(100);

export const Action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('navigate'), node_id: z.string() }),
  z.strictObject({ type: z.literal('mine') }),
  z.strictObject({ type: z.literal('salvage') }),
  z.strictObject({ type: z.literal('repair') }),
  z.strictObject({ type: z.literal('buy'), item: Item, quantity }),
  z.strictObject({ type: z.literal('sell'), item: Item, quantity }),
  z.strictObject({ type: z.literal('jettison'), item: Item, quantity }),
  z.strictObject({ type: z.literal('use_item'), item: Item }),
  z.strictObject({ type: z.literal('choose'), choice: z.string() }),
]);
export type Action = z.infer<typeof Action>;

/** After these the game's turn ends. */
export const turnActions: readonly Action['type'][] = ['navigate', 'mine', 'salvage'];

/** What came over the wire. INVALID, with the path, for what is no action of the game. */
export function parseAction(input: unknown): Action {
  const result = Action.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = ['action', ...(issue?.path ?? [])].map(String).join('.');
  throw new StateroomError('INVALID', `${path}: ${issue?.message ?? 'is no action'}`, { path });
}

/** The game after an action, which the player may do here and now; what it throws says why not. */
export function perform(game: Game, action: Action): Game {
  switch (action.type) {
    case 'navigate':
      return navigate(game, action.node_id);
    case 'mine':
      return gather(game, { kind: 'asteroids', item: 'ore', amount: 4 * effectiveStats(game).mining_yield, wear: 4 });
    case 'salvage':
      return gather(game, { kind: 'wreck', item: 'scrap', amount: 2 * effectiveStats(game).scan_bonus, wear: 6 });
    case 'repair':
      return repair(game);
    case 'buy':
      return buy(game, action);
    case 'sell':
      return sell(game, action);
    case 'jettison':
      return changed(game, { inventory: unloaded(game.player_stats.inventory, action) }, `${action.item} drifts away`);
    case 'use_item':
      return useItem(game, action.item);
    case 'choose':
      return choose(game, action.choice);
  }
}

function navigate(game: Game, nodeId: string): Game {
  const link = here(game).node.links.find(({ to }) => to === nodeId);
  const there = placeIn(starMapOf(game), nodeId);
  if (link === undefined || there === null)
    throw refused('INVALID', 'there is no way there from here', 'action.node_id');
  const { fuel, fuel_efficiency } = effectiveStats(game);
  const needed = link.distance * 10 * fuel_efficiency;
  if (needed > fuel) throw refused('LIMIT', `the way takes ${needed} fuel, and there is ${fuel}`, 'player_stats.fuel');
  const { event } = there.node;
  const arrived: Game = {
    ...counted(game, { total_distance_traveled: link.distance, systems_visited: 1 }),
    current_region_id: there.region_id,
    current_node_id: there.node_id,
    current_event: event,
    available_choices: event === null ? [] : Object.keys(choices[event]),
  };
  return changed(arrived, { fuel: fuel - needed }, `arrived at ${there.node.name}`);
}

type Gathering = {
  readonly kind: StarNode['kind'];
  readonly item: Item;
  readonly amount: number;
  readonly wear: number;
};

/** As much as there is room for; LIMIT where there is none. */
function gather(game: Game, { kind, item, amount, wear }: Gathering): Game {
  assertAt(game, kind);
  const { inventory, cargo_capacity, ship_condition } = effectiveStats(game);
  const found = Math.max(1, Math.min(Math.floor(amount), roomFor(inventory, item, cargo_capacity)));
  const after = {
    inventory: loaded(inventory, { item, quantity: found }, cargo_capacity),
    ship_condition: ship_condition - wear,
  };
  return changed(counted(game, { items_collected: found }), after, `${found} ${item} taken on board`);
}

const pointPrice = 2;

function repair(game: Game): Game {
  assertAt(game, 'station');
  const { ship_condition, wealth } = game.player_stats;
  const mended = repairedCondition(game, Math.floor(wealth / pointPrice));
  const points = mended - ship_condition;
  const cost = points * pointPrice;
  const paid = counted(game, { credits_spent: cost });
  return changed(
    paid,
    { ship_condition: mended, wealth: wealth - cost },
    points > 0 ? `${points} HP mended` : 'nothing to mend',
  );
}

function buy(game: Game, { item, quantity: count }: Stack): Game {
  assertAt(game, 'station');
  const { wealth, inventory, cargo_capacity } = effectiveStats(game);
  const cost = items[item].price * count;
  if (items[item].isQuestItem) throw refused('INVALID', `${item} is not for sale`, 'action.item');
  if (cost > wealth) throw refused('LIMIT', `it costs ${cost}, and there is ${wealth}`, 'player_stats.wealth');
  const after = { wealth: wealth - cost, inventory: loaded(inventory, { item, quantity: count }, cargo_capacity) };
  return changed(counted(game, { credits_spent: cost }), after, `${count} ${item} bought`);
}

function sell(game: Game, { item, quantity: count }: Stack): Game {
  assertAt(game, 'station');
  const { wealth, inventory } = game.player_stats;
  if (items[item].isQuestItem) throw refused('INVALID', `nobody buys ${item}`, 'action.item');
  const earned = items[item].price * count;
  const after = { inventory: unloaded(inventory, { item, quantity: count }), wealth: wealth + earned };
  return changed(counted(game, { credits_earned: earned }), after, `${count} ${item} sold`);
}

function useItem(game: Game, item: Item): Game {
  const inventory = unloaded(game.player_stats.inventory, { item, quantity: 1 });
  if (item === 'fuel_cell') return changed(game, { inventory, fuel: game.player_stats.fuel + 25 }, '25 fuel more');
  if (item !== 'shield_capsule') throw refused('INVALID', `${item} cannot be used`, 'action.item');
  const shield = { id: item, kind: 'temp_hp', value: 50, turnsLeft: 5 };
  return changed(addEffect(game, shield), { inventory }, '+50 HP for 5 turns');
}

/** What each choice of an event does to the player. */
const choices: Readonly<Record<NonNullable<Game['current_event']>, Readonly<Record<string, Partial<PlayerStats>>>>> = {
  derelict: { board: { wealth: 60, health: -10 }, leave: {} },
  pilgrims: { share_food: { food: -5, health: 5 }, leave: {} },
};

function choose(game: Game, choice: string): Game {
  const { current_event: event, available_choices: open, player_stats: player } = game;
  if (event === null || !open.includes(choice)) {
    throw refused('INVALID', `is none of what may be chosen now: ${open.join(', ') || 'nothing'}`, 'action.choice');
  }
  const gain = choices[event][choice] ?? {};
  const { wealth = 0, health = 0, food = 0 } = gain;
  const after = {
    wealth: player.wealth + wealth,
    health: player.health + health,
    food: Math.max(0, player.food + food),
  };
  return changed({ ...game, current_event: null, available_choices: [] }, after, `${event}: ${choice}`);
}

function changed(game: Game, player: Partial<PlayerStats>, message: string): Game {
  return { ...game, player_stats: { ...game.player_stats, ...player }, messages: [...game.messages, message] };
}

function counted(game: Game, more: Partial<Statistics>): Game {
  const statistics = { ...game.statistics };
  for (const name of Statistics.keyof().options) statistics[name] += more[name] ?? 0;
  return { ...game, statistics };
}

function here(game: Game): Location {
  const location = locationOf(game);
  if (location === null) throw refused('INVALID_STATE', 'is not on the map', 'current_node_id');
  return location;
}

function assertAt(game: Game, kind: StarNode['kind']): void {
  if (here(game).node.kind !== kind)
    throw refused('CONFLICT', `this takes a place of the kind ${kind}`, 'current_node_id');
}

function refused(code: StateroomError['code'], message: string, path: string): StateroomError {
  return new StateroomError(code, `${path}: ${message}`, { path });
}
