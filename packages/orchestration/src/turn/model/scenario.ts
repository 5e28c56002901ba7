import type { Operation, Result } from './operations.ts';
import type { TurnId } from './stored.ts';
import type { Faults } from './faults.ts';

/** Several callers, each with its script of operations, and how much may go wrong on the way. */
export type Scenario = {
  readonly scripts: readonly (readonly Operation[])[];
  /** What is left out does not happen; in all, as many as there are unless said otherwise. */
  readonly faults: Partial<Faults>;
  /** How many faults in all fit into a look at every state in some seconds. */
  readonly quickFaults: number;
  /** What some caller must be told somewhere, or the scenario shows nothing of what it is for. */
  readonly reaches: readonly `${Operation['do']} ${Result}`[];
  /** Whether the session is there at first, as it is unless said otherwise. */
  readonly startsWithout?: boolean;
  /** How many versions a record keeps: 1, unless said otherwise. */
  readonly trailLength?: number;
  /** Ticks until letters run out; never, unless said otherwise. */
  readonly letterTicks?: number;
};

/** How many steps each turn has when it runs to its end; those left out are begun with different numbers. */
export function stepsIn({ scripts }: Scenario): ReadonlyMap<TurnId, number> {
  const begins = scripts.flat().filter((operation) => operation.do === 'begin');
  const steps = new Map<TurnId, number>();
  const unclear = new Set<TurnId>();
  for (const { turn, acts } of begins) {
    const own = acts.filter((act) => act === 'step').length;
    if (steps.has(turn) && steps.get(turn) !== own) unclear.add(turn);
    steps.set(turn, own);
  }
  return new Map([...steps].filter(([turn]) => !unclear.has(turn)));
}
