'use client';

import { useState, useSyncExternalStore } from 'react';
import { tryStorage } from './tab-storage.ts';

export type Draft = {
  readonly text: string;
  readonly write: (text: string) => void;
  /** Puts words before what is written. */
  readonly giveBack: (text: string) => void;
};

/** What is written and not sent yet, kept by the browser tab: a reload does not cost it. */
export function useDraft(sessionId: string): Draft {
  const [kept] = useState(() => new KeptText(`stateroom-draft:${sessionId}`));
  const text = useSyncExternalStore(kept.subscribe, kept.read, () => '');
  return {
    text,
    write: kept.write,
    giveBack: (words) => kept.write([words, kept.read()].filter((each) => each !== '').join('\n\n')),
  };
}

class KeptText {
  readonly #key: string;
  readonly #listeners = new Set<() => void>();
  /** Null until it was looked for. */
  #text: string | null = null;

  constructor(key: string) {
    this.#key = key;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): string => {
    this.#text ??= tryStorage((storage) => storage.getItem(this.#key)) ?? '';
    return this.#text;
  };

  readonly write = (text: string): void => {
    this.#text = text;
    tryStorage((storage) => (text === '' ? storage.removeItem(this.#key) : storage.setItem(this.#key, text)));
    for (const listener of this.#listeners) listener();
  };
}
