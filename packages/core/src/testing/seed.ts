/**
 * What a property test begins with: another seed each time, or that of the variable SEED, which plays a run again. It
 * belongs into the name of the test, so that it is printed.
 */
export const seed: number = Number(process.env['SEED'] ?? crypto.getRandomValues(new Uint32Array(1))[0]) | 0;
