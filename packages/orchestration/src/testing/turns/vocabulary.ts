import { z } from 'zod';

/**
 * What proofs of turns have turns say and store, so that everything that is found can be traced to who did it: the
 * message, the turn, the run of it (`by`, another one each time a turn is begun) and the place in that run.
 */

/** An item of the list `messages`: what the user said, or one of the two halves of what a run stored at once. */
export const Item = z.union([
  z.object({ user: z.string() }),
  z.object({ turn: z.string(), by: z.string(), part: z.int().min(0), half: z.union([z.literal(0), z.literal(1)]) }),
]);
export type Item = z.infer<typeof Item>;
export type PartItem = Extract<Item, { turn: string }>;

/** A chunk of a stream. */
export const Word = z.object({ turn: z.string(), by: z.string(), word: z.int().min(0) });
export type Word = z.infer<typeof Word>;

export function userItem(messageId: string): Item {
  return { user: messageId };
}

/** In two halves: a history that has but one of them is broken. */
export function partItems(turn: string, by: string, part: number): readonly Item[] {
  return [
    { turn, by, part, half: 0 },
    { turn, by, part, half: 1 },
  ];
}

/** What the state is told with a part of a run. */
export function partToken({ turn, by, part }: Pick<PartItem, 'turn' | 'by' | 'part'>): string {
  return `${turn} ${by}.${part}`;
}

/** What the state is told by somebody who runs no turn. */
export function outsiderToken(id: string): string {
  return `outsider ${id}`;
}

export function isOutsiderToken(token: string): boolean {
  return token.startsWith('outsider ');
}

/** What the state is told when a turn waits, and when its answers have come. */
export function questionToken(turnId: string): string {
  return `question ${turnId}`;
}

export function answeredToken(turnId: string): string {
  return `answered ${turnId}`;
}

/** Whether it is told by somebody else than a turn with its parts. */
export function isAside(token: string): boolean {
  return /^(outsider|question|answered) /.test(token);
}
