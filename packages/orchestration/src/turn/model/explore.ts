import { eventsIn } from './events.ts';
import { Fingerprints } from './fingerprints.ts';
import { Graph } from './graph.ts';
import type { Guard } from './guards.ts';
import { assertGoesOn, isOver } from './quiet.ts';
import type { Scenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { retold } from './trace.ts';
import { Violation, type ViolationKind } from './violation.ts';
import type { World } from './world.ts';

export type Exploration = {
  readonly states: number;
  readonly transitions: number;
  /** Whether every state was visited that can be reached. */
  readonly isWhole: boolean;
  readonly violation: FoundViolation | null;
  /** All that callers were told. */
  readonly told: ReadonlySet<string>;
};

/** The first that was found, and the events that lead to it: no shorter way leads to any. */
type FoundViolation = {
  readonly kind: ViolationKind;
  readonly message: string;
  readonly trace: readonly string[];
};

export type Options = {
  /** The guards that are switched off. */
  readonly off?: readonly Guard[];
  /** Where to give up; no further state is looked at. */
  readonly maxStates?: number;
};

/** Visits the states of a scenario, nearest first, until one violates the specification or there are no more. */
export function explore(scenario: Scenario, { off = [], maxStates = Infinity }: Options = {}): Exploration {
  return new Search(scenario, off).run(maxStates);
}

/** A breadth-first search. States are numbered in the order in which they are found, which is that of the visits. */
class Search {
  readonly #scenario: Scenario;
  readonly #off: readonly Guard[];
  readonly #simulation: Simulation;
  /** Plays what comes after quiet, apart from what is explored. */
  readonly #aftermath: Simulation;
  readonly #fingerprints = new Fingerprints();
  readonly #numbers = new Map<number, number>();
  /** The state from which each was found, and by which of its events. */
  readonly #parents: number[] = [];
  readonly #events: number[] = [];
  readonly #graph = new Graph();
  #transitions = 0;
  #visited = 0;

  constructor(scenario: Scenario, off: readonly Guard[]) {
    this.#scenario = scenario;
    this.#off = off;
    this.#simulation = new Simulation(scenario, off);
    this.#aftermath = new Simulation(scenario, off);
  }

  run(maxStates: number): Exploration {
    const first = this.#simulation.first();
    this.#numberOf(first, { parent: -1, event: -1 });
    let frontier = [first];
    while (frontier.length > 0) {
      const next: World[] = [];
      for (const world of frontier) {
        if (this.#parents.length > maxStates) return this.#explored({ isWhole: false });
        const violation = this.#visit(world, next);
        if (violation !== null) return this.#explored({ violation });
      }
      frontier = next;
    }
    const stuck = this.#graph.firstWithoutWay();
    if (stuck === null) return this.#explored({});
    const violation = new Violation('stuck', 'the callers can never be done');
    return this.#explored({ violation: this.#found(violation, this.#pathTo(stuck)) });
  }

  /** Adds the states that can come next and are new to `next`. */
  #visit(world: World, next: World[]): FoundViolation | null {
    const state = this.#visited++;
    let index = -1;
    try {
      this.#graph.addState(isOver(world));
      if (isOver(world) && world.lateCopies.length === 0) assertGoesOn(world, this.#aftermath);
      for (const event of eventsIn(world)) {
        index++;
        const after = this.#simulation.after(world, event);
        const known = this.#parents.length;
        const number = this.#numberOf(after, { parent: state, event: index });
        this.#graph.addEdge(number);
        if (number === known) {
          this.#simulation.assertSound(after);
          next.push(after);
        }
        this.#transitions++;
      }
      return null;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return this.#found(error, index < 0 ? this.#pathTo(state) : [...this.#pathTo(state), index]);
    }
  }

  #numberOf(world: World, { parent, event }: { readonly parent: number; readonly event: number }): number {
    const print = this.#fingerprints.of(world);
    const known = this.#numbers.get(print);
    if (known !== undefined) return known;
    this.#numbers.set(print, this.#parents.length);
    this.#events.push(event);
    return this.#parents.push(parent) - 1;
  }

  #pathTo(state: number): readonly number[] {
    const path: number[] = [];
    for (let at = state; at > 0; at = this.#parents[at] ?? 0) path.unshift(this.#events[at] ?? 0);
    return path;
  }

  #found({ kind, message }: Violation, path: readonly number[]): FoundViolation {
    return { kind, message, trace: retold(new Simulation(this.#scenario, this.#off), path) };
  }

  #explored({ isWhole = true, violation = null }: Partial<Pick<Exploration, 'isWhole' | 'violation'>>): Exploration {
    return {
      states: this.#parents.length,
      transitions: this.#transitions,
      isWhole: isWhole && violation === null,
      violation,
      told: this.#simulation.told,
    };
  }
}
