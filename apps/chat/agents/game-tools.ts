import { ToolRefusal } from '@stateroom/ai-sdk';
import { addEffect, effectsOf, type OrchestrationState } from '@stateroom/orchestration';
import { tool } from 'ai';
import { z } from 'zod';
import { rollDie } from './dice.ts';
import { wayFrom } from './sea-map.ts';
import { fullHitPoints, hurt, packed, voyageOf } from './voyage.ts';

const nothing = z.object({});

/** Tools for walking, fighting and resting, on the voyage that the session keeps. */
export function gameTools() {
  return { ...exploring(), ...fighting(), ...winning(), ...resting() };
}

function exploring() {
  return {
    look: tool({
      description: 'What there is to see where the player is, and the ways out of it.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { name, sight, exits } = voyageOf(options).here;
        return { place: name, sight, exits };
      },
    }),
    move: tool({
      description: 'Walks from where the player is in one direction.',
      inputSchema: z.object({
        towards: z.string().max(400).describe('north, east, south or west, or the next place.'),
      }),
      execute: ({ towards }, options) => {
        const { session, here } = voyageOf(options);
        const { direction, place: next } = wayFrom(here, towards);
        session.updateData((before) => ({ ...before, place: next.name }));
        return { from: here.name, direction, place: next.name, sight: next.sight, exits: next.exits };
      },
    }),
    approach: tool({
      description: 'Walks up to the creature of the place. This begins a battle.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        const { name, creature: foe } = here;
        session.updateData((before) => ({ ...before, wounds: 0 }));
        return { place: name, creature: foe.name, armour: foe.armour, strength: foe.strength };
      },
    }),
  };
}

function fighting() {
  return {
    roll_initiative: tool({
      description: 'Throws a die of twenty for each side: the higher one begins, and a creature that begins bites.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        const { creature: foe } = here;
        const [playerRoll, creatureRoll] = [rollDie(20), rollDie(20)];
        const isPlayerFirst = playerRoll >= creatureRoll;
        const bite = isPlayerFirst ? 0 : rollDie(foe.strength);
        session.updateData(hurt(bite));
        const first = isPlayerFirst ? 'player' : foe.name;
        return { creature: foe.name, playerRoll, creatureRoll, first, bite, hitPoints: session.data.hitPoints };
      },
    }),
    strike: tool({
      description: 'Throws a die of twenty against the creature’s armour, and one of eight for the damage.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        const { name: creature, armour } = here.creature;
        const boon = boonIn(session.state);
        const attack = rollDie(20) + boon;
        const isHit = attack >= armour;
        const damage = isHit ? rollDie(8) : 0;
        session.updateData((before) => ({ ...before, wounds: before.wounds + damage }));
        return { creature, attack, boon, armour, isHit, damage };
      },
    }),
  };
}

function winning() {
  return {
    take_prize: tool({
      description: 'Takes what the creature was guarding, and leaves for the camp.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        const { name: creature, prize } = here.creature;
        if (session.data.bag.includes(prize)) throw new ToolRefusal(`The ${creature} guards nothing any more.`);
        session.updateData(packed(prize));
        return { creature, prize, bag: session.data.bag };
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
      description: 'Sleeps until the tide turns, and wakes with all hit points and a boon for three turns.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        session.updateData(hurt(-fullHitPoints));
        // The turn in which it is given is the first of the four.
        const rested = { id: 'rested', kind: 'boon', value: 2, turnsLeft: 4 };
        session.update((state) => addEffect(state, rested));
        return { hours: 4 + rollDie(4), place: here.name, hitPoints: session.data.hitPoints };
      },
    }),
  };
}

/** What is added to each blow. */
function boonIn(state: OrchestrationState): number {
  return effectsOf(state, 'boon').reduce((sum, { value }) => sum + (typeof value === 'number' ? value : 0), 0);
}
