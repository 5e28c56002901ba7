import type { Letter } from './stored.ts';

/** How somebody else asks a turn to end. */
export type TurnRequest = Exclude<Letter['type'], 'steer' | 'dismissed'>;

/** A message that came for a running turn to be taken along: its id, and the items of which it consists. */
export type SteeringMessage = { readonly messageId: string; readonly input: readonly unknown[] };

/** The first of the letters that ask a turn to end. */
export function requestIn(letters: readonly Letter[]): TurnRequest | null {
  for (const { type } of letters) if (type !== 'steer' && type !== 'dismissed') return type;
  return null;
}

/** The letters to a turn, each of which may be read more than once. */
export class Mailbox {
  #request: TurnRequest | null = null;
  readonly #messages = new Map<string, SteeringMessage>();
  readonly #done = new Set<string>();

  /** The first to ask counts. */
  get request(): TurnRequest | null {
    return this.#request;
  }

  /** The messages that wait to be taken along, in the order in which they came. */
  get messages(): readonly SteeringMessage[] {
    return [...this.#messages.values()];
  }

  read(letters: readonly Letter[]): void {
    this.#request ??= requestIn(letters);
    for (const letter of letters) {
      if (letter.type !== 'steer' || this.#done.has(letter.messageId)) continue;
      // Of one message the first words count, as they do for one that runs.
      if (!this.#messages.has(letter.messageId)) this.#messages.set(letter.messageId, letter);
    }
  }

  /** It was taken along, or is answered elsewhere. */
  settle(messageId: string): void {
    this.#done.add(messageId);
    this.#messages.delete(messageId);
  }
}
