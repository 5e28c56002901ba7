import { z } from 'zod';
import type { Game } from './game.ts';

export const StarNode = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['station', 'asteroids', 'wreck', 'deep_space']),
  event: z.enum(['derelict', 'pilgrims']).nullable(),
  links: z.array(z.strictObject({ to: z.string(), distance: z.int().min(1) })),
});
export type StarNode = z.infer<typeof StarNode>;

export const StarMap = z.strictObject({
  regions: z.array(z.strictObject({ id: z.string(), name: z.string(), nodes: z.array(StarNode) })),
});
export type StarMap = z.infer<typeof StarMap>;
type Region = StarMap['regions'][number];

export type Location = {
  readonly region: Region;
  readonly node: StarNode;
  readonly region_id: string;
  readonly node_id: string;
};

/** The map of a game: one that came with an old save, or else the one that the game's id makes, which is never stored. */
export function starMapOf({ game_id, star_map }: Pick<Game, 'game_id' | 'star_map'>): StarMap {
  return star_map ?? generateStarMap(game_id);
}

/** Where the player is; null where the map has no such place. */
export function locationOf(game: Game): Location | null {
  return placeIn(starMapOf(game), game.current_node_id, game.current_region_id);
}

/** A node with its region; of any region, unless one is named. */
export function placeIn({ regions }: StarMap, nodeId: string, regionId?: string): Location | null {
  for (const region of regions) {
    const node = region.nodes.find(({ id }) => id === nodeId);
    if (node !== undefined && (regionId === undefined || region.id === regionId)) {
      return { region, node, region_id: region.id, node_id: node.id };
    }
  }
  return null;
}

const regionNames = ['The Shallows', 'Ember Reach', 'The Long Quiet', 'Far Harbour'];
const kinds = ['asteroids', 'wreck', 'deep_space'] as const;
const events = ['derelict', 'pilgrims'] as const;
const nodesPerRegion = 6;
const nodeCount = regionNames.length * nodesPerRegion;

/** The same seed gives the same map. All nodes lie on one ring, and each region begins with a station. */
export function generateStarMap(seed: string): StarMap {
  const roll = dice(seed);
  const idOf = (index: number) => `node_${((index + nodeCount) % nodeCount) + 1}`;
  const distances = Array.from({ length: nodeCount }, () => 1 + roll(4));
  const nodeAt = (index: number): StarNode => ({
    id: idOf(index),
    name: `${['Aster', 'Borea', 'Corvus', 'Delphi', 'Ember', 'Fornax'][roll(6)]} ${index + 1}`,
    kind: index % nodesPerRegion === 0 ? 'station' : (kinds[index % kinds.length] ?? 'deep_space'),
    event: index % nodesPerRegion === 0 ? null : (events[roll(3)] ?? null),
    links: [
      { to: idOf(index + 1), distance: distances[index] ?? 1 },
      { to: idOf(index - 1), distance: distances.at(index - 1) ?? 1 },
    ],
  });
  return {
    regions: regionNames.map((name, region) => ({
      id: `region_${region + 1}`,
      name,
      nodes: Array.from({ length: nodesPerRegion }, (_, place) => nodeAt(region * nodesPerRegion + place)),
    })),
  };
}

/** Whole numbers below `sides`, always the same ones for a seed: FNV-1a, then mulberry32. */
function dice(seed: string): (sides: number) => number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(seed)) state = Math.imul(state ^ byte, 0x01000193);
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const stirred = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((stirred ^ (stirred >>> 14)) >>> 0) % sides;
  };
}
