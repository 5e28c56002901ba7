import { addEffect, advanceEffects } from '@stateroom/orchestration';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveStats, modified, repairedCondition } from './effective-stats.ts';
import { endTurn } from './play.ts';
import { ships } from './ship.ts';
import { gameWith } from './testing/fixtures.ts';

const fitted = {
  ship_mods: {
    high: ['mining_laser', 'scanner_upgrade'],
    mid: ['fuel_optimizer'],
    low: ['armor_plates', 'cargo_expander'],
    rig: ['cargo_rig'],
  },
  has_flight_pod: true,
  pod_augmentations: ['shield_boost', 'emergency_thrusters', 'scanner_array'],
} satisfies Parameters<typeof gameWith>[0];

const shield = { id: 'shield', kind: 'temp_hp', value: 50, turnsLeft: 2 };

describe('effective stats', () => {
  it('are base ship, mods and pod together, as measured', () => {
    expect(effectiveStats(gameWith(fitted))).toMatchObject({
      max_hp: 130,
      cargo_capacity: 175,
      fuel_efficiency: 0.512,
      scan_bonus: 4,
      mining_yield: 1.5,
    });
  });

  it('have nothing of a pod that is not there, or in which the player sits', () => {
    const without = { max_hp: 110, fuel_efficiency: 0.64, scan_bonus: 2 };
    expect(effectiveStats(gameWith({ ...fitted, has_flight_pod: false }))).toMatchObject(without);
    expect(effectiveStats(gameWith({ ...fitted, in_pod_mode: true }))).toMatchObject(without);
  });

  it('have an effect for as long as it lasts: 130, 130, 80', () => {
    const granted = addEffect(gameWith(), shield);
    const [one, two] = [advanceEffects(granted).state, advanceEffects(advanceEffects(granted).state).state];
    expect([granted, one, two].map((game) => effectiveStats(game).max_hp)).toEqual([130, 130, 80]);
  });

  it('depend on the order of modifiers: each changes what those before it have made', () => {
    const base = { ...ships.scout, cargo_capacity: 50 };
    const [add, multiply] = [
      { stat: 'max_hp', add: 20 },
      { stat: 'max_hp', multiply: 2 },
    ] as const;
    expect(modified(base, [add, multiply]).max_hp).toBe(200);
    expect(modified(base, [multiply, add]).max_hp).toBe(180);
  });

  it('write nothing, and are nobody else’s: what is done to them is not done to the game', () => {
    const game = gameWith({ ...fitted, inventory: [{ item: 'ore', quantity: 3 }] });
    const before = structuredClone(game);
    const stats = effectiveStats(game);
    expect(stats.used_cargo_space).toBe(6);
    Object.assign(stats, { health: 0, max_hp: 1 });
    expect(game).toEqual(before);
    expect(effectiveStats(game).max_hp).toBe(130);
  });
});

describe('a repair', () => {
  it('leaves a hull that is better than its maximum as it is', () => {
    const scout = gameWith({ ship_condition: 100 });
    expect(effectiveStats(scout).max_hp).toBe(80);
    expect(repairedCondition(scout)).toBe(100);
  });

  it('never lowers the condition, and never lifts it over the effective maximum', () => {
    const numbers = fc.record({
      condition: fc.integer({ min: 1, max: 300 }),
      points: fc.integer({ min: 0, max: 300 }),
      shielded: fc.boolean(),
      drones: fc.boolean(),
    });
    fc.assert(
      fc.property(numbers, ({ condition, points, shielded, drones }) => {
        const low = drones ? (['repair_drones'] as const) : [];
        const plain = gameWith({
          ship_condition: condition,
          ship_mods: { high: [], mid: [], low: [...low], rig: [] },
        });
        const game = shielded ? addEffect(plain, shield) : plain;
        const mended = repairedCondition(game, points);
        expect(mended).toBeGreaterThanOrEqual(condition);
        expect(mended).toBeLessThanOrEqual(Math.max(condition, effectiveStats(game).max_hp));
        const turned = endTurn(game);
        expect(turned.player_stats.ship_condition).toBeGreaterThanOrEqual(condition);
        expect(turned.messages.join()).not.toContain('-');
      }),
    );
  });
});
