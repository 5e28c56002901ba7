import { describe, expect, it } from 'vitest';
import { answerGuards } from '../testing/guards/answer-guards.ts';
import { beginGuards } from '../testing/guards/begin-guards.ts';
import type { Guard } from '../testing/guards/guard.ts';
import { holderGuards } from '../testing/guards/holder-guards.ts';
import { lineGuards } from '../testing/guards/line-guards.ts';
import { outsiderGuards } from '../testing/guards/outsider-guards.ts';
import { Theatre } from '../testing/guards/theatre.ts';
import { inHeldTime } from '../testing/schedules/virtual-time.ts';

async function play(guard: Guard, isThere: boolean): Promise<readonly string[]> {
  return inHeldTime(async () => {
    const theatre = await Theatre.open(isThere ? null : guard);
    await theatre.play(guard.plot(theatre));
    return theatre.play(theatre.faults());
  });
}

describe.each([
  { of: 'that begin a turn', guards: beginGuards },
  { of: 'that begin a turn with answers', guards: answerGuards },
  { of: 'of the holder of a lease', guards: holderGuards },
  { of: 'of those who wait, and of letters', guards: lineGuards },
  { of: 'of outsiders', guards: outsiderGuards },
])('without a guard, the commits $of break a promise', ({ guards }) => {
  it.each(guards)('$name', async (guard) => {
    expect(await play(guard, true)).toEqual([]);
    expect(await play(guard, false)).toContainEqual(expect.stringMatching(guard.shows));
  });
});
