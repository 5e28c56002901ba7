export type ManualClock = {
  /** Epoch milliseconds, standing still between advances. */
  readonly now: () => number;
  readonly advance: (ms: number) => Promise<void>;
};

/** A clock that a test moves by hand: pass `now` where a clock is asked for. */
export function manualClock(startsAt = 1_700_000_000_000): ManualClock {
  let time = startsAt;
  return {
    now: () => time,
    advance: async (ms) => {
      time += ms;
    },
  };
}
