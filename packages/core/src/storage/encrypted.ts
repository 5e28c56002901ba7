import { refuseUnless, StateroomError } from '../errors.ts';
import { override } from './override.ts';
import type {
  Change,
  Commit,
  ListWindow,
  Reads,
  Refusal,
  Snapshot,
  StorageEntry,
  StorageProvider,
  Transaction,
} from './provider.ts';
import { validateReads, validateTransaction } from './validate.ts';

export type EncryptionKey = {
  /** Stored beside each value, in the clear: 1–32 of `[A-Za-z0-9_-]`. */
  readonly id: string;
  /** 32 random bytes, as `crypto.getRandomValues(new Uint8Array(32))`; not a password. */
  readonly secret: Uint8Array<ArrayBuffer>;
};

export type EncryptedOptions = {
  /** The first encrypts; all decrypt. To rotate, put a new one in front, and take an old one out when nothing is left of it. */
  readonly keys: readonly [EncryptionKey, ...EncryptionKey[]];
};

/**
 * The same provider, whose values and list items are encrypted before they leave this process: AES-256-GCM by WebCrypto.
 * Each is bound to its key, and to its version or its being an item, so that none can be put in another's place; items
 * of one list can change places with each other. Keys, versions, lengths and life spans stay readable, and so do the ids
 * and owners that keys are made of. INVALID for keys that cannot be.
 */
export function encrypted(storage: StorageProvider, { keys }: EncryptedOptions): StorageProvider {
  const cipher = new Cipher(keys);
  return override(storage, {
    read: async (reads) => {
      validateReads(reads);
      return cipher.snapshot(reads, await storage.read(reads));
    },
    commit: async (transaction) => {
      validateTransaction(transaction);
      const changes = await Promise.all(transaction.changes.map((change) => cipher.change(change)));
      return cipher.commit(transaction, await storage.commit({ ...transaction, changes }));
    },
  });
}

/** Of a nonce: what AES-GCM takes. A random one is safe for 2^32 values of a key. */
const nonceBytes = 12;

/** Turns what is stored into what is meant, and back. */
class Cipher {
  readonly #writesWith: string;
  readonly #keys: ReadonlyMap<string, ReturnType<typeof crypto.subtle.importKey>>;

  constructor(keys: EncryptedOptions['keys']) {
    const [first] = keys;
    refuseUnless(first !== undefined, 'keys', 'is empty');
    keys.forEach(validateEncryptionKey);
    this.#writesWith = first.id;
    this.#keys = new Map(
      keys.map(({ id, secret }) => [
        id,
        crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']),
      ]),
    );
    if (this.#keys.size < keys.length) throw invalidKey('keys', 'has an id twice');
  }

  async change(change: Change): Promise<Change> {
    if (change.type === 'set')
      return { ...change, value: await this.#encrypt(change.value, placeOf(change.key, change.version)) };
    if (change.type !== 'append') return change;
    return {
      ...change,
      items: await Promise.all(change.items.map((item) => this.#encrypt(item, placeOf(change.key)))),
    };
  }

  async commit({ reads = {} }: Transaction, { committed, refused, snapshot }: Commit): Promise<Commit> {
    return {
      committed,
      refused: await Promise.all(refused.map((refusal) => this.#refusal(refusal))),
      snapshot: await this.snapshot(reads, snapshot),
    };
  }

  async snapshot({ entries: keys = [], lists: ranges = [] }: Reads, { entries, lists }: Snapshot): Promise<Snapshot> {
    return {
      entries: await Promise.all(entries.map((entry, index) => this.#entry(keys[index] ?? '', entry))),
      lists: await Promise.all(lists.map((window, index) => this.#window(ranges[index]?.key ?? '', window))),
    };
  }

  async #refusal(refusal: Refusal): Promise<Refusal> {
    if (!('entry' in refusal)) return refusal;
    return { key: refusal.key, entry: await this.#entry(refusal.key, refusal.entry) };
  }

  async #entry(key: string, entry: StorageEntry | null): Promise<StorageEntry | null> {
    return entry && { ...entry, value: await this.#decrypt(entry.value, placeOf(key, entry.version)) };
  }

  async #window(key: string, { items, length }: ListWindow): Promise<ListWindow> {
    return { items: await Promise.all(items.map((item) => this.#decrypt(item, placeOf(key)))), length };
  }

  async #encrypt(text: string, additionalData: Uint8Array<ArrayBuffer>): Promise<string> {
    const key = await this.#keys.get(this.#writesWith);
    if (key === undefined) throw invalidKey('keys', 'is empty');
    const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const algorithm = { name: 'AES-GCM', iv: nonce, additionalData };
    const sealed = await crypto.subtle.encrypt(algorithm, key, new TextEncoder().encode(text));
    return `${this.#writesWith}.${toBase64(nonce)}${toBase64(new Uint8Array(sealed))}`;
  }

  async #decrypt(stored: string, additionalData: Uint8Array<ArrayBuffer>): Promise<string> {
    const [, id = '', nonce = '', sealed = ''] = /^([\w-]{1,32})\.([^.]{16})([^.]*)$/.exec(stored) ?? [];
    const key = await this.#keys.get(id);
    if (key === undefined)
      throw unreadable(id === '' ? 'is not encrypted' : `is encrypted with the key "${id}", which is not given`);
    try {
      const algorithm = { name: 'AES-GCM', iv: fromBase64(nonce), additionalData };
      const text = await crypto.subtle.decrypt(algorithm, key, fromBase64(sealed));
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
    } catch {
      // WebCrypto says no more than that it failed.
      throw unreadable('was changed, put in another place, or encrypted with another key of the same id');
    }
  }
}

/** What a value is bound to: an entry to its key and version, an item of a list to its key. */
function placeOf(key: string, version?: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(version === undefined ? `item\n${key}` : `entry\n${version}\n${key}`);
}

function validateEncryptionKey({ id, secret }: EncryptionKey, index: number): void {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) throw invalidKey(`keys[${index}].id`, 'is not 1–32 of A–Z a–z 0–9 _ -');
  if (!(secret instanceof Uint8Array) || secret.length !== 32)
    throw invalidKey(`keys[${index}].secret`, 'is not 32 bytes');
}

function invalidKey(path: string, fault: string): StateroomError {
  return new StateroomError('INVALID', `${path} ${fault}`, { path });
}

function unreadable(fault: string): StateroomError {
  return new StateroomError('INVALID_STATE', `a stored value ${fault}; it was left as it is`);
}

/** Bytes per call of String.fromCharCode: what an engine takes as arguments. */
const slice = 0x2000;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let from = 0; from < bytes.length; from += slice)
    binary += String.fromCharCode(...bytes.subarray(from, from + slice));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
