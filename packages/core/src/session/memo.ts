import type { Place } from './key-queue.ts';
import type { StoredSession } from './stored/stored-session.ts';

/** What a handle remembers of its session, or an update hands on to the next that waits. */
export type Memo<ListName extends string> = { seen: StoredSession<ListName> | null; readonly isWanted: () => boolean };

export function memoOf<ListName extends string>(place: Place<StoredSession<ListName>>): Memo<ListName> {
  return {
    isWanted: place.isAwaited,
    get seen() {
      return place.handedOn;
    },
    set seen(seen) {
      place.handedOn = seen;
    },
  };
}
