import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/** Of each scenario, with all its faults. Without it, all the states that there are with a few of them. */
const maxStates = Number(process.env['MODEL_STATES'] ?? 0);
const timeoutMs = 60 * 60_000;

describe('the turn protocol', () => {
  it.each(Object.entries<Scenario>(scenarios).map(maxStates > 0 ? withAllFaults : withFewFaults))(
    'keeps to its specification in "$name": $extent',
    ({ scenario, limits, reaches }) => {
      const { violation, told } = explore(scenario, limits);
      expect(violation).toBeNull();
      expect([...told]).toEqual(expect.arrayContaining([...reaches]));
    },
    timeoutMs,
  );
});

type Case = {
  readonly name: string;
  readonly extent: string;
  readonly scenario: Scenario;
  readonly limits: { readonly maxStates?: number };
  /** What callers must be told somewhere; nothing where the exploration may end before. */
  readonly reaches: readonly string[];
};

function withFewFaults([name, { faults, quickFaults, ...rest }]: readonly [string, Scenario]): Case {
  const scenario = { ...rest, quickFaults, faults: { ...faults, inAll: quickFaults } };
  return { name, extent: `all states with up to ${quickFaults} faults`, scenario, limits: {}, reaches: rest.reaches };
}

function withAllFaults([name, scenario]: readonly [string, Scenario]): Case {
  return { name, extent: `all its faults, within ${maxStates} states`, scenario, limits: { maxStates }, reaches: [] };
}
