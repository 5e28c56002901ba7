/** Gives a whole number from 1 to `sides`. */
export type RollDie = (sides: number) => number;

/** One throw of a fair die with up to 256 sides: bytes that would favour the low sides are thrown again. */
export const rollDie: RollDie = (sides) => {
  const fair = 256 - (256 % sides);
  for (;;) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) return (byte % sides) + 1;
  }
};
