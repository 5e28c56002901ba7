'use client';

import { useEffect, useEffectEvent, useState } from 'react';

/** `over` when a quarter of a minute has passed in vain, or whoever waits has had enough. */
type LookoutState = 'off' | 'looking' | 'over';

export type Lookout = {
  readonly state: LookoutState;
  readonly start: () => void;
  readonly giveUp: () => void;
  readonly end: () => void;
};

const everyMs = 3000;
/** What the server has taken is stored by then, or shows as a turn that runs. */
const forMs = 15_000;

/** Looks at once, then every few seconds for a quarter of a minute, until `look` has found what it looks for. */
export function useLookout(look: () => Promise<boolean>): Lookout {
  const [state, setState] = useState<LookoutState>('off');
  const lookOnce = useEffectEvent(look);

  useEffect(() => {
    if (state !== 'looking') return undefined;
    const endAt = Date.now() + forMs;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLeft = false;
    const lookAgain = async () => {
      const isFound = await lookOnce();
      if (isLeft) return;
      if (isFound) setState('off');
      else if (Date.now() > endAt) setState('over');
      else timer = setTimeout(() => void lookAgain(), everyMs);
    };
    void lookAgain();
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, [state]);

  return {
    state,
    start: () => setState('looking'),
    giveUp: () => setState('over'),
    end: () => setState('off'),
  };
}
