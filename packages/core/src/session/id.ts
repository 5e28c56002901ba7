import { StateroomError } from '../errors.ts';

const controlCharacter = /\p{Cc}/u;

/** A new id of 144 random bits, 24 URL-safe characters: nobody guesses one, no two are alike. */
export function createId(): string {
  return textOf(crypto.getRandomValues(new Uint8Array(18)));
}

/** Random bytes are asked for by so many versions at once: each asking costs more than a version. */
const versionsAtOnce = 64;
const versionBytes = 12;

/** Makes versions for entries, each of 96 random bits: unique among the writes of one session. */
export class VersionSource {
  #random = new Uint8Array(0);

  next(): string {
    if (this.#random.length === 0) this.#random = crypto.getRandomValues(new Uint8Array(versionsAtOnce * versionBytes));
    const version = textOf(this.#random.subarray(0, versionBytes));
    this.#random = this.#random.subarray(versionBytes);
    return version;
  }
}

/**
 * Refuses with INVALID_ID what cannot name a session, owner, agent or namespace: anything but 1–256 characters
 * (UTF-16 units) without control characters or halves of surrogate pairs.
 */
export function validateId(id: string, path: string): void {
  const fault = faultOf(id);
  if (fault !== null) throw new StateroomError('INVALID_ID', `${path} ${fault}`, { path });
}

/** A namespace is an id of at most 64 characters, so that there is room for the rest of a key. */
export function validateNamespace(namespace: string): void {
  const path = 'namespace';
  validateId(namespace, path);
  if (namespace.length > 64) throw new StateroomError('INVALID_ID', `${path} is longer than 64 characters`, { path });
}

export function isListName(name: unknown): boolean {
  return typeof name === 'string' && /^[a-z][a-z-]{0,31}$/.test(name) && name !== 'guard';
}

export function validateListNames(names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    if (isListName(name) && names.indexOf(name) === index) continue;
    const path = `lists[${index}]`;
    throw new StateroomError('INVALID_ID', `${path} is not 1–32 of a–z and -, is 'guard', or is there twice`, { path });
  }
}

/** An id short enough to be of no use to a reader of logs, long enough to find its lines again. */
export function shortId(id: string): string {
  return id.length <= 12 ? `${id.slice(0, 4)}…` : `${id.slice(0, 8)}…`;
}

function faultOf(id: unknown): string | null {
  if (typeof id !== 'string') return 'is not a string';
  if (id.length === 0) return 'is empty';
  if (id.length > 256) return 'is longer than 256 characters';
  if (!id.isWellFormed()) return 'holds half a surrogate pair';
  return controlCharacter.test(id) ? 'holds a control character' : null;
}

/** URL-safe. */
function textOf(random: Uint8Array): string {
  return btoa(String.fromCharCode(...random))
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
}
