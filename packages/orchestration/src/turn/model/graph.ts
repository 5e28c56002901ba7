/** Which states lead to which, by their numbers. States and edges are added in the order of the search. */
export class Graph {
  readonly #targets: number[] = [];
  /** Where the edges of each state begin among the targets. */
  readonly #starts: number[] = [];
  readonly #isGoal: boolean[] = [];

  /** The edges that are added next are its own. */
  addState(isGoal: boolean): void {
    this.#starts.push(this.#targets.length);
    this.#isGoal.push(isGoal);
  }

  addEdge(target: number): void {
    this.#targets.push(target);
  }

  /** The first state from which no way leads to a goal; null if there is none. */
  firstWithoutWay(): number | null {
    const hasWay = [...this.#isGoal];
    let hasChanged = true;
    // Most edges lead to later states, so that few rounds from the last to the first find every way.
    while (hasChanged) {
      hasChanged = false;
      for (let state = hasWay.length - 1; state >= 0; state--) {
        if (hasWay[state] !== true && this.#leadsToSome(state, hasWay)) {
          hasWay[state] = true;
          hasChanged = true;
        }
      }
    }
    const found = hasWay.indexOf(false);
    return found < 0 ? null : found;
  }

  #leadsToSome(state: number, wanted: readonly boolean[]): boolean {
    const end = this.#starts[state + 1] ?? this.#targets.length;
    for (let edge = this.#starts[state] ?? end; edge < end; edge++) {
      if (wanted[this.#targets[edge] ?? -1] === true) return true;
    }
    return false;
  }
}
