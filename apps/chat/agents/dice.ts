/** One throw of a fair die with up to 256 sides: bytes that would favour the low sides are thrown again. */
export function rollDie(sides: number): number {
  const fair = 256 - (256 % sides);
  for (;;) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) return (byte % sides) + 1;
  }
}
