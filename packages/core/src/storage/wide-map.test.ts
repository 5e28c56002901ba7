import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WideMap } from './wide-map.ts';

describe('WideMap', () => {
  it('holds what a Map holds', () => {
    const steps = fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.constantFrom('set', 'delete', 'clear')));
    fc.assert(
      fc.property(steps, (done) => {
        const wide = new WideMap<number>();
        const map = new Map<string, number>();
        for (const [index, [key, step]] of done.entries()) {
          if (step === 'set') [wide, map].forEach((each) => each.set(key, index));
          if (step === 'delete') [wide, map].forEach((each) => each.delete(key));
          if (step === 'clear') [wide, map].forEach((each) => each.clear());
        }
        expect(wide.size).toBe(map.size);
        expect(new Map(wide)).toEqual(map);
        for (const [key] of done) expect([wide.get(key), wide.has(key)]).toEqual([map.get(key), map.has(key)]);
      }),
    );
  });

  it('spreads keys that are much alike', () => {
    const wide = new WideMap<string>();
    for (let index = 0; index < 10_000; index++) wide.set(`sessions:{${index}}`, '');
    // In the order of the parts, so that runs of the order of insertion are short.
    let longestRun = 0;
    let run = 0;
    let last = -1;
    for (const [key] of wide) {
      const index = Number(/\d+/.exec(key)?.[0]);
      run = index > last ? run + 1 : 1;
      longestRun = Math.max(longestRun, run);
      last = index;
    }
    // An even spread is 39 keys a part; a map in one part is a run of 10,000.
    expect(longestRun).toBeLessThan(120);
  });
});
