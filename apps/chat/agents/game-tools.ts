import { ToolRefusal } from '@stateroom/ai-sdk';
import { addEffect, removeEffect } from '@stateroom/orchestration';
import { tool } from 'ai';
import { z } from 'zod';
import type { RollDie } from './dice.ts';
import { wayFrom } from './sea-map.ts';
import { blessed, rested, venom } from './stats.ts';
import { fullHitPoints, hurt, packed, voyageOf, wounded } from './voyage.ts';

const nothing = z.object({});

/** Tools for walking, fighting and resting, on the voyage that the session keeps. Chance is the die's, never the model's. */
export function gameTools(roll: RollDie) {
  return { ...walking(), ...venturing(), ...fighting(roll), ...leaving(), ...resting() };
}

function walking() {
  return {
    look: tool({
      description: 'What there is to see where the player is, and the ways out of it.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { name, sight, exits, creature } = voyageOf(options).here;
        return { place: name, sight, exits, creature: creature.name };
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
  };
}

function venturing() {
  return {
    approach: tool({
      description: 'Walks up to the creature of the place. This begins a battle.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        const { name, hitPoints, armour, isVenomous, prize } = here.creature;
        if (session.data.bag.includes(prize)) throw new ToolRefusal(`The ${name} is gone; its prize is in the bag.`);
        session.updateData((before) => ({ ...before, foe: { name, hitPoints } }));
        return { place: here.name, creature: name, armour, isVenomous };
      },
    }),
    pray: tool({
      description: 'Asks the sea for a blessing on strength and armour. It listens again eight turns later.',
      inputSchema: nothing,
      execute: (_input, options) => {
        voyageOf(options).session.update(blessed);
        return { blessing: 'for five turns', ...voyageOf(options).stats };
      },
    }),
  };
}

function fighting(roll: RollDie) {
  return {
    roll_initiative: tool({
      description: 'Throws a die of twenty for each side: the higher one begins, and a creature that begins bites.',
      inputSchema: nothing,
      execute: (_input, options) => {
        if (voyageOf(options).session.state.sequenceIndex > 0) throw new ToolRefusal('It is thrown: strike, or flee.');
        const [playerRoll, creatureRoll] = [roll(20), roll(20)];
        const isPlayerFirst = playerRoll >= creatureRoll;
        return { playerRoll, creatureRoll, isPlayerFirst, bite: isPlayerFirst ? null : bite(options, roll) };
      },
    }),
    strike: tool({
      description: 'One blow: a die of twenty and the strength against the armour, a die of eight for the damage.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here, stats } = voyageOf(options);
        const { name: creature, armour } = here.creature;
        const attack = roll(20) + stats.strength;
        const damage = attack >= armour ? roll(8) : 0;
        session.updateData(wounded(damage));
        const isBeaten = session.data.foe?.hitPoints === 0;
        return { creature, attack, armour, damage, isBeaten, bite: isBeaten ? null : bite(options, roll) };
      },
    }),
  };
}

/** A die of twenty against the player's armour, as effects make it. */
function bite(options: object, roll: RollDie) {
  const { session, here, stats } = voyageOf(options);
  const attack = roll(20);
  const damage = attack >= stats.armour ? roll(here.creature.bite) : 0;
  const isVenomous = damage > 0 && here.creature.isVenomous;
  session.updateData(hurt(damage));
  if (isVenomous) session.update((state) => addEffect(state, venom));
  return { attack, armour: stats.armour, damage, isVenomous, hitPoints: session.data.hitPoints };
}

function leaving() {
  return {
    flee: tool({
      description: 'Runs from the creature; it is whole again when the player comes back.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        session.updateData((before) => ({ ...before, foe: null }));
        return { place: here.name, creature: here.creature.name };
      },
    }),
    take_prize: tool({
      description: 'Takes what the beaten creature was guarding, grows stronger by it, and leaves for the camp.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        session.updateData(packed(here.creature.prize));
        const { bag, base } = session.data;
        return { prize: here.creature.prize, bag, strength: base.strength };
      },
    }),
  };
}

function resting() {
  return {
    rest: tool({
      description: 'Sleeps until the tide turns, and wakes with all hit points, and rested for three turns.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session, here } = voyageOf(options);
        session.updateData((before) => ({ ...before, hitPoints: fullHitPoints }));
        session.update((state) => addEffect(state, rested));
        return { place: here.name, hitPoints: session.data.hitPoints, ...voyageOf(options).stats };
      },
    }),
    brew_antidote: tool({
      description: 'Brews an antidote from kelp: the venom is over at once.',
      inputSchema: nothing,
      execute: (_input, options) => {
        const { session } = voyageOf(options);
        if (!session.state.effects.some(({ id }) => id === venom.id))
          throw new ToolRefusal('There is no venom to end.');
        session.update((state) => removeEffect(state, venom.id));
        return voyageOf(options).stats;
      },
    }),
  };
}
