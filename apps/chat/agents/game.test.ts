import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RollDie, rollDie } from './dice.ts';
import { gameMaster } from './game.ts';
import { effectiveStats } from './stats.ts';
import { Guest, obedientModel, routeOf } from './testing/guest.ts';
import { turnsOf } from './testing/turns.ts';
import { type Voyage, voyage } from './voyage.ts';

const access = { owner: 'anna', agentId: 'game' };
const { owner } = access;

/** A game whose dice fall as they are told to, one throw after the other, and then show ones. */
async function game(data: Partial<Voyage> = {}) {
  const storage = memoryStorage();
  const throws: number[] = [];
  const roll: RollDie = (sides) => Math.min(sides, throws.shift() ?? 1);
  const { agent } = gameMaster(obedientModel(), roll);
  const { states: untyped, turns } = turnsOf(agent, storage);
  const guest = new Guest(routeOf(agent, storage), { agentId: 'game' });
  const { sessionId } = guest;
  await untyped.getOrCreateState(sessionId, { owner });
  await untyped.updateData(sessionId, () => ({ ...initial, ...data }), { owner });
  const play = async (tool: string, dice: readonly number[] = [], input = {}) => {
    throws.splice(0, throws.length, ...dice);
    const answer = await guest.call(tool, input);
    return { ...answer, data: answer.view?.data, step: answer.view?.activeStep };
  };
  const stored = async () => (await untyped.getState(sessionId, { owner }))?.data;
  const enter = (step: string) => untyped.setActiveStep(sessionId, step, { owner });
  return { sessionId, play, stored, enter, states: untyped, turns, guest };
}

const initial: Voyage = voyage.schema.parse(typeof voyage.initial === 'function' ? null : voyage.initial);
const move = (towards: string) => ['move', [], { towards }] as const;

describe('a voyage', () => {
  it('leads from place to place, says where the ways go, and knows where the player is', async () => {
    const { play } = await game();
    expect((await play(...move('east, please'))).output).toMatchObject({ from: 'quay', place: 'wreck' });
    expect((await play(...move('to the reef'))).output).toMatchObject({ direction: 'north', place: 'reef' });
    expect((await play('look')).output).toMatchObject({ place: 'reef', creature: 'pale eel' });
    const { output, data } = await play(...move('east'));
    expect([output, data]).toMatchObject([expect.stringContaining('south to the wreck'), { place: 'reef' }]);
  });

  it('goes round: explore, battle, spoils, camp, and out again', async () => {
    const { play } = await game();
    const round = [
      await play('approach'),
      await play('roll_initiative', [20, 1]),
      await play('strike', [20, 8]),
      await play('take_prize'),
      await play('rest'),
    ];
    expect(round.map(({ step }) => step)).toEqual(['battle', 'battle', 'spoils', 'camp', 'explore']);
    const { step, output } = await play('approach');
    expect([step, output]).toEqual(['explore', 'The rope serpent is gone; its prize is in the bag.']);
  });

  it.each([
    ['strike', 'before the initiative', [], 'roll_initiative'],
    ['take_prize', 'before the creature is beaten', ['roll_initiative', 'strike'], 'roll_initiative, strike, flee'],
    ['move', 'in a battle', ['roll_initiative', 'strike'], 'roll_initiative, strike, flee'],
  ])('has no %s %s', async (tool, _when, before, available) => {
    const { play } = await game();
    await play('approach');
    for (const name of before) await play(name, [20, 1]);
    const { output, step } = await play(tool);
    expect([output, step]).toEqual([expect.stringContaining(`Available tools: ${available}.`), 'battle']);
  });

  it('can be fled from, and the creature is whole again', async () => {
    const { play, stored } = await game();
    await play('approach');
    await play('roll_initiative', [20, 1]);
    await play('strike', [20, 5, 1]);
    expect(await stored()).toMatchObject({ foe: { name: 'rope serpent', hitPoints: 1 } });
    expect(await play('roll_initiative')).toMatchObject({ output: 'It is thrown: strike, or flee.', step: 'battle' });
    const { step, data } = await play('flee');
    expect([step, Object.keys(z.record(z.string(), z.unknown()).parse(data))]).toEqual([
      'explore',
      expect.not.arrayContaining(['foe']),
    ]);
    await play('approach');
    expect(await stored()).toMatchObject({ foe: { hitPoints: 6 } });
  });

  it('puts each prize into the bag once, and makes its winner stronger for good', async () => {
    const { play, enter, stored } = await game({ place: 'wreck' });
    for (const strength of [3, 3]) {
      await enter('spoils');
      expect((await play('take_prize')).output).toMatchObject({ bag: ['the captain’s compass'], strength });
    }
    expect(await stored()).toMatchObject({ bag: ['the captain’s compass'], base: { strength: 3 }, foe: null });
  });

  it('that was kept before there were stats and battles goes on', () => {
    const kept = { place: 'reef', hitPoints: 7, bag: ['a lamp'], wounds: 3 };
    const { base } = initial;
    expect(voyage.schema.parse(kept)).toEqual({ place: 'reef', hitPoints: 7, bag: ['a lamp'], base, foe: null });
  });

  it('shows nobody how much the creature can still take', async () => {
    const { play, guest } = await game();
    const answers = [await play('approach'), await play('roll_initiative', [20, 1]), await play('strike', [20, 2, 1])];
    expect(answers.at(-1)?.data).toMatchObject({ foe: 'rope serpent', hitPoints: 20 });
    expect(JSON.stringify([answers, guest])).not.toMatch(/"hitPoints":[46]\b/);
  });
});

describe('the dice', () => {
  it.each([
    ['hits at its armour', [7, 3], { attack: 9, damage: 3, isBeaten: false }],
    ['misses below it', [6], { attack: 8, damage: 0, isBeaten: false }],
    ['beats it, and is not bitten', [7, 6], { attack: 9, damage: 6, isBeaten: true, bite: null }],
  ])('decide of a blow, which %s', async (_what, dice, output) => {
    const { play } = await game();
    await play('approach');
    await play('roll_initiative', [20, 1]);
    expect((await play('strike', dice)).output).toMatchObject({ creature: 'rope serpent', armour: 9, ...output });
  });

  it.each([
    ['lands at the armour', [1, 2, 11, 4], { attack: 11, armour: 11, damage: 4, hitPoints: 16 }],
    ['fails below it', [1, 2, 10], { attack: 10, armour: 11, damage: 0, hitPoints: 20 }],
    ['has no chance where the player begins', [2, 2], null],
  ])('decide of a bite, which %s', async (_what, dice, bite) => {
    const { play } = await game({ place: 'wreck' });
    await play('approach');
    const { output } = await play('roll_initiative', dice);
    expect(z.object({ bite: z.unknown() }).parse(output).bite).toEqual(bite && { ...bite, isVenomous: false });
  });

  it('bring a player without a hit point left to the camp, where a rest makes whole', async () => {
    const { play, stored } = await game({ place: 'wreck', hitPoints: 3 });
    await play('approach');
    expect((await play('roll_initiative', [1, 2, 20, 8])).step).toBe('camp');
    expect(await stored()).toMatchObject({ hitPoints: 0, foe: null });
    const { output, step } = await play('rest');
    expect([output, step]).toEqual([{ place: 'wreck', hitPoints: 20, strength: 3, armour: 11 }, 'explore']);
  });

  it('are fair', () => {
    const rolls = Array.from({ length: 600 }, () => rollDie(6));
    const counts = [1, 2, 3, 4, 5, 6].map((side) => rolls.filter((roll) => roll === side).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(600);
    expect(Math.min(...counts)).toBeGreaterThan(40);
  });
});

describe('effects', () => {
  const [strength, armour, baseStrength, baseArmour] = [z.int(), z.int(), z.int(), z.int()];
  const statsIn = z.object({ strength, armour, baseStrength, baseArmour });
  const shown = (withStrength: number, withArmour: number) => ({
    strength: withStrength,
    armour: withArmour,
    baseStrength: 2,
    baseArmour: 11,
  });

  it('of a prayer raise the stats for five turns, and the sea is silent for eight', async () => {
    const { play } = await game();
    const prayer = await play('pray');
    expect(prayer.output).toMatchObject({ strength: 5, armour: 13 });
    const turns = [prayer];
    for (let turn = 0; turn < 8; turn++) turns.push(await play('look'));
    const blessed = Array.from({ length: 5 }, () => shown(5, 13));
    const after = Array.from({ length: 4 }, () => shown(2, 11));
    expect(turns.map(({ data }) => statsIn.parse(data))).toEqual([...blessed, ...after]);
    expect(turns.map(({ view }) => view?.effects.map(({ id, turnsLeft }) => `${id} ${turnsLeft}`))).toEqual([
      ['blessing 5', 'the sea is silent 8'],
      ['blessing 4', 'the sea is silent 7'],
      ['blessing 3', 'the sea is silent 6'],
      ['blessing 2', 'the sea is silent 5'],
      ['blessing 1', 'the sea is silent 4'],
      ['the sea is silent 3'],
      ['the sea is silent 2'],
      ['the sea is silent 1'],
      [],
    ]);
  });

  it('take the prayer away until the sea listens again', async () => {
    const { play } = await game();
    await play('pray');
    for (let turn = 0; turn < 7; turn++) await play('look');
    expect((await play('pray')).output).toContain('Available tools: look, move, approach.');
    expect((await play('pray')).output).toMatchObject({ strength: 5 });
  });

  it('are what blows and bites are thrown with, to the last of their turns', async () => {
    const { play } = await game({ place: 'wreck' });
    await play('approach');
    await play('roll_initiative', [20, 1]);
    const rounds: unknown[] = [];
    const round = async () => {
      const { output } = await play('strike', [10, 1, 1]);
      const { attack, bite } = z.object({ attack: z.number(), bite: z.object({ armour: z.number() }) }).parse(output);
      rounds.push([attack, bite.armour]);
    };
    await round();
    await play('flee');
    await play('pray');
    await play('approach');
    await play('roll_initiative', [20, 1]);
    for (let turn = 0; turn < 4; turn++) await round();
    expect(rounds).toEqual([[12, 11], ...Array.from({ length: 3 }, () => [15, 13]), [12, 11]]);
  });

  it('of venom weaken for three turns, or until an antidote is brewed', async () => {
    const { play, enter } = await game();
    await play('approach');
    const bitten = await play('roll_initiative', [1, 2, 20, 1]);
    expect(bitten.output).toMatchObject({ bite: { isVenomous: true, damage: 1 } });
    const { data: first } = await play('strike', [1, 1]);
    expect([statsIn.parse(bitten.data), statsIn.parse(first)]).toEqual([shown(0, 10), shown(0, 10)]);
    await enter('camp');
    expect((await play('brew_antidote')).data).toMatchObject(shown(2, 11));
    expect((await play('brew_antidote')).output).toBe('There is no venom to end.');

    const { play: playOn } = await game();
    await playOn('approach');
    const turns = [await playOn('roll_initiative', [1, 2, 20, 1])];
    for (let turn = 0; turn < 3; turn++) turns.push(await playOn('strike', [1, 1]));
    expect(turns.map(({ data }) => statsIn.parse(data))).toEqual([
      ...Array.from({ length: 3 }, () => shown(0, 10)),
      shown(2, 11),
    ]);
  });

  it('add up, are of their own kind alone, and leave the base as it is', () => {
    const base = { strength: 2, armour: 11 };
    const effect = (id: string, value: object, kind = 'stats') => ({ id, kind, value: { ...value }, turnsLeft: 1 });
    const effects = [
      effect('a', { strength: 3 }),
      effect('b', { strength: -1, armour: 2 }),
      effect('c', { strength: 9 }, 'boon'),
      effect('d', { strength: 'much' }),
    ];
    expect([effectiveStats(base, { effects }), effectiveStats(base, { effects: [] }), base]).toEqual([
      { strength: 4, armour: 13 },
      base,
      { strength: 2, armour: 11 },
    ]);
  });
});

describe('a player who is taken back', () => {
  it('stands where they stood: with the hit points, the bag, the foe and the effects of that turn', async () => {
    const { sessionId, play, states, turns } = await game();
    const state = async () => {
      const found = await states.getState(sessionId, { owner });
      if (found === null) throw new Error('no session');
      const { cumulativeTokenUsage, ...rest } = found;
      return { rest, tokens: cumulativeTokenUsage.totalTokens };
    };
    const before = [await state()];
    for (const [tool, dice, input] of [
      ['pray', [], {}],
      move('east'),
      ['approach', [], {}],
      ['roll_initiative', [1, 20, 20, 5], {}],
      ['strike', [20, 8, 1], {}],
      ['strike', [20, 8], {}],
      ['take_prize', [], {}],
      ['rest', [], {}],
      move('north'),
      ['approach', [], {}],
      ['roll_initiative', [1, 20, 20, 5], {}],
    ] as const) {
      await play(tool, dice, input);
      before.push(await state());
    }
    const bagOf = (index: number) => z.object({ bag: z.array(z.string()) }).parse(before[index]?.rest.data).bag;
    expect([bagOf(6), bagOf(7)]).toEqual([[], ['the captain’s compass']]);
    const { tokens = 0 } = before.at(-1) ?? {};
    for (const back of [8, 6, 5, 2, 0]) {
      const turn = (await turns.list(sessionId, access))[back - 1];
      await turns.rewind(sessionId, { ...access, turnId: turn?.turnId ?? null });
      const now = await state();
      expect(now.rest).toEqual(before[back]?.rest);
      expect(now.tokens).toBe(tokens);
    }
    expect((await play('pray')).data).toMatchObject({ place: 'quay', strength: 5, baseStrength: 2, bag: [] });
  });
});
