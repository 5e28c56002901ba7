import { ToolRefusal } from '@stateroom/ai-sdk';

const directions = ['north', 'east', 'south', 'west'] as const;
export type Direction = (typeof directions)[number];

type Creature = {
  readonly name: string;
  readonly hitPoints: number;
  /** What a throw of twenty has to reach to hit it. */
  readonly armour: number;
  /** The sides of the die for the damage of its bite. */
  readonly bite: number;
  readonly isVenomous: boolean;
  readonly prize: string;
};

export type Place = {
  readonly name: string;
  readonly sight: string;
  readonly exits: Partial<Record<Direction, string>>;
  readonly creature: Creature;
};

const quay: Place = {
  name: 'quay',
  sight: 'Wet planks, coiled rope, and a lamp that swings with nobody near it.',
  exits: { north: 'lighthouse', east: 'wreck' },
  creature: {
    name: 'rope serpent',
    hitPoints: 6,
    armour: 9,
    bite: 4,
    isVenomous: true,
    prize: 'a coil of silver rope',
  },
};

const places: readonly Place[] = [
  quay,
  {
    name: 'lighthouse',
    sight: 'The stair winds up into the dark. Above, glass hums in the wind.',
    exits: { south: 'quay', east: 'reef' },
    creature: {
      name: 'lantern moth',
      hitPoints: 8,
      armour: 11,
      bite: 6,
      isVenomous: false,
      prize: 'a shard of the great lens',
    },
  },
  {
    name: 'wreck',
    sight: 'Half a schooner, keel to the sky. Something has made a home in the captain’s cabin.',
    exits: { west: 'quay', north: 'reef' },
    creature: {
      name: 'barnacle crab',
      hitPoints: 12,
      armour: 13,
      bite: 8,
      isVenomous: false,
      prize: 'the captain’s compass',
    },
  },
  {
    name: 'reef',
    sight: 'Low tide. Black rocks, bright pools, and one shadow that does not move with the water.',
    exits: { west: 'lighthouse', south: 'wreck' },
    creature: {
      name: 'pale eel',
      hitPoints: 10,
      armour: 12,
      bite: 6,
      isVenomous: true,
      prize: 'a pearl the size of a plum',
    },
  },
];

/** The place that the words speak of, by its own name or its creature's; the quay, where all begins, when none. */
export function placeIn(words: string): Place {
  const lower = words.toLowerCase();
  return places.find(({ name, creature }) => lower.includes(name) || lower.includes(creature.name)) ?? quay;
}

/** The way out that the words name, by its direction or the place it leads to; throws and lists the ways when none. */
export function wayFrom({ name, exits }: Place, words: string): { direction: Direction; place: Place } {
  const lower = words.toLowerCase();
  const ways = directions.flatMap((direction) => {
    const next = exits[direction];
    return next === undefined ? [] : [{ direction, place: placeIn(next) }];
  });
  const way = ways.find(({ direction, place }) => lower.includes(direction) || lower.includes(place.name));
  if (way !== undefined) return way;
  const list = ways.map(({ direction, place }) => `${direction} to the ${place.name}`).join(' and ');
  throw new ToolRefusal(`That is no way out of the ${name}. It goes ${list}.`);
}
