import { Hash } from './hash.ts';
import type { Caller, World } from './world.ts';

/**
 * Tells worlds apart by a number. Two from which the same can happen have the same one: versions count by the order in
 * which they come up, keys are sorted, and what a caller was told, or whether it is done or dead, makes no difference.
 */
export class Fingerprints {
  /** Worlds share what an event leaves as it was, and so most of their parts. */
  readonly #parts = new WeakMap<object, Part>();
  /** What is made anew mostly reads as something that was before: a scenario has some hundred texts, not more. */
  readonly #texts = new Map<string, Part>();
  readonly #sorted = new WeakMap<object, readonly Part[]>();

  of({ storage, callers, lateCopies, faults, ledger }: World): number {
    const hash = new Hash();
    const names = new Map<string, number>();
    for (const part of [
      ...this.#keyed(storage.entries),
      ...this.#keyed(storage.lists),
      ...callers.map((caller) => this.#caller(caller)),
      ...[lateCopies, faults, ledger].map((each) => this.#part(each)),
    ]) {
      hash.addHash(part.hash);
      for (const version of part.versions) {
        const name = names.get(version) ?? names.size;
        names.set(version, name);
        hash.add(name);
      }
    }
    for (const { call, doing, isResent } of callers) hash.add(doing === null ? 0 : call * 2 + (isResent ? 2 : 1));
    return hash.value;
  }

  #keyed(keyed: object): readonly Part[] {
    const known = this.#sorted.get(keyed);
    if (known !== undefined) return known;
    const entries = Object.entries(keyed).sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = entries.flatMap(([key, kept]) => [this.#text(key), this.#part(kept)]);
    this.#sorted.set(keyed, parts);
    return parts;
  }

  #caller({ doing }: Caller): Part {
    if (doing === null) return idle;
    // The script and the number of the call tell the operation.
    return this.#part(doing, () => [{ ...doing.task, operation: undefined }, doing.pending]);
  }

  #part(of: object, toJson: () => unknown = () => of): Part {
    const known = this.#parts.get(of);
    if (known !== undefined) return known;
    const part = this.#text(JSON.stringify(toJson()));
    this.#parts.set(of, part);
    return part;
  }

  #text(text: string): Part {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const part = partOf(text);
    this.#texts.set(text, part);
    return part;
  }
}

/** A text without its versions, and the versions in their order. */
type Part = { readonly hash: Hash; readonly versions: readonly string[] };

const version = /"v\d+"/g;
const idle = partOf('idle');

function partOf(text: string): Part {
  const hash = new Hash();
  hash.addText(text.replaceAll(version, '"v"'));
  return { hash, versions: text.match(version) ?? [] };
}
