import { tool } from 'ai';
import { z } from 'zod';
import { rollDie } from './dice.ts';
import { placeIn, wayFrom } from './sea-map.ts';

const place = z.string().max(400).describe('Where the player is: quay, lighthouse, wreck or reef.');
const creature = z.string().max(400).describe('The creature’s name, or the place where it lives.');

/** Tools for walking, fighting and resting; the model carries the place from call to call. */
export function gameTools() {
  return { ...exploring(), ...fighting(), ...resting() };
}

function exploring() {
  return {
    look: tool({
      description: 'What there is to see at a place, and the ways out of it.',
      inputSchema: z.object({ place }),
      execute: (input) => {
        const { name, sight, exits } = placeIn(input.place);
        return { place: name, sight, exits };
      },
    }),
    move: tool({
      description: 'Walks from a place in one direction.',
      inputSchema: z.object({
        place,
        towards: z.string().max(400).describe('north, east, south or west, or the next place.'),
      }),
      execute: (input) => {
        const from = placeIn(input.place);
        const { direction, place: next } = wayFrom(from, input.towards);
        return { from: from.name, direction, place: next.name, sight: next.sight, exits: next.exits };
      },
    }),
    approach: tool({
      description: 'Walks up to the creature of a place. This begins a battle.',
      inputSchema: z.object({ place }),
      execute: (input) => {
        const { name, creature: foe } = placeIn(input.place);
        return { place: name, creature: foe.name, armour: foe.armour, strength: foe.strength };
      },
    }),
  };
}

function fighting() {
  return {
    roll_initiative: tool({
      description: 'Throws a die of twenty for each side: the higher one begins.',
      inputSchema: z.object({ creature }),
      execute: (input) => {
        const { creature: foe } = placeIn(input.creature);
        const [playerRoll, creatureRoll] = [rollDie(20), rollDie(20)];
        return {
          creature: foe.name,
          playerRoll,
          creatureRoll,
          first: playerRoll >= creatureRoll ? 'player' : foe.name,
        };
      },
    }),
    strike: tool({
      description: 'Throws a die of twenty against the creature’s armour, and one of eight for the damage.',
      inputSchema: z.object({ creature }),
      execute: (input) => {
        const { creature: foe } = placeIn(input.creature);
        const [attack, damage] = [rollDie(20), rollDie(8)];
        const isHit = attack >= foe.armour;
        return { creature: foe.name, attack, armour: foe.armour, isHit, damage: isHit ? damage : 0 };
      },
    }),
    take_prize: tool({
      description: 'Takes what the creature was guarding, and leaves for the camp.',
      inputSchema: z.object({ creature }),
      execute: (input) => {
        const { creature: foe } = placeIn(input.creature);
        return { creature: foe.name, prize: foe.prize };
      },
    }),
  };
}

function resting() {
  return {
    mend: tool({
      description: 'Mends the player’s gear by the fire.',
      inputSchema: z.object({ gear: z.string().max(400).default('boathook').describe('What is to be mended.') }),
      execute: ({ gear }) => ({ gear: gear.slice(0, 60), quality: rollDie(6) }),
    }),
    rest: tool({
      description: 'Sleeps until the tide turns, then goes on from a place.',
      inputSchema: z.object({ place }),
      execute: (input) => ({ hours: 4 + rollDie(4), place: placeIn(input.place).name }),
    }),
  };
}
