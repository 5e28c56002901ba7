/**
 * The only place where keys are joined, escaped and taken apart: `namespace:{id}`, `namespace:{id}:part`,
 * `namespace:{id}:part:name`, `namespace:owners:{owner}` and `namespace:ledger:{digest}`.
 *
 * Only what would make two different keys look alike is escaped, so keys stay readable in the engine's own tools. The
 * braces are the hash tag by which a Redis cluster keeps all keys of one session on one node; without them, where there
 * is no cluster, a session's keys are `namespace:id` and `namespace:id:part`.
 */
export class KeySpace<ListName extends string = never> {
  /** What the keys of all sessions begin with, and those of nothing else. */
  readonly prefix: string;
  readonly #namespace: string;
  readonly #listNames: readonly ListName[];
  readonly #open: string;
  readonly #close: string;

  constructor(namespace: string, listNames: readonly ListName[], hashTags: boolean) {
    this.#namespace = escapePart(namespace);
    this.#listNames = listNames;
    [this.#open, this.#close] = hashTags ? ['{', '}'] : ['', ''];
    this.prefix = joined(this.#namespace, ':', this.#open);
  }

  session(sessionId: string): SessionKeys<ListName> {
    const record = joined(this.prefix, escapePart(sessionId), this.#close);
    return {
      record,
      guard: joined(record, ':guard'),
      lists: new Map(this.#listNames.map((name) => [name, joined(record, ':', name)])),
      ofList: (name) => joined(record, ':', name),
      ofPart: (...names) => joined(record, ...names.flatMap((name) => [':', escapePart(name)])),
    };
  }

  /** The id of the session whose record has this key, or null if it is the key of something else. */
  sessionIdOf(key: string): string | null {
    if (!key.startsWith(this.prefix) || !key.endsWith(this.#close)) return null;
    const part = key.slice(this.prefix.length, key.length - this.#close.length);
    const isOurs = part !== '' && !/[:{}]|%(?!25|3A|7B|7D)/.test(part);
    return isOurs ? decodeURIComponent(part) : null;
  }

  /** The list of an owner's sessions, and beside it the entry that changes whenever that list is not just longer. */
  owner(owner: string): IndexKeys {
    return this.#index('owners', owner);
  }

  /** The list of what an owner has spent with an agent; `digest` tells neither. */
  ledger(digest: string): IndexKeys {
    return this.#index('ledger', digest);
  }

  /** The list of all sessions of the namespace, where their number is bounded. */
  census(): IndexKeys {
    return this.#index('census', 'all');
  }

  #index(kind: string, name: string): IndexKeys {
    const list = joined(this.#namespace, ':', kind, ':{', escapePart(name), '}');
    return { list, generation: joined(list, ':generation') };
  }
}

export type SessionKeys<ListName extends string> = {
  readonly record: string;
  readonly guard: string;
  /** Those that the manager names. */
  readonly lists: ReadonlyMap<ListName, string>;
  /** Of any list, as one that another manager names. */
  readonly ofList: (name: string) => string;
  /** Of what another package keeps beside the session; `names` may hold any characters. */
  readonly ofPart: (...names: readonly string[]) => string;
};

export type IndexKeys = { readonly list: string; readonly generation: string };

/** As one flat string: a template leaves its parts standing behind a key that is kept. */
function joined(...parts: string[]): string {
  return parts.join('');
}

/** Undone by decodeURIComponent, since a percent sign is escaped with the others. */
function escapePart(part: string): string {
  return part.replace(/[%:{}]/g, (character) => encodeURIComponent(character));
}
