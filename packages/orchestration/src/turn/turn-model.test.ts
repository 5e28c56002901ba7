import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { answerOf, anyMoves, Mover } from '../testing/schedules/moves.ts';
import { TurnModel } from '../testing/schedules/turn-model.ts';
import { inHeldTime } from '../testing/schedules/virtual-time.ts';

describe(`turns, one thing after the other (SEED=${seed})`, () => {
  it('answer any mix of moves by several processes as a sequential model does', async () => {
    await fc.assert(
      fc.asyncProperty(anyMoves, (moves) =>
        inHeldTime(async () => {
          const model = new TurnModel();
          const mover = new Mover();
          await mover.move({ do: 'create' });
          for (const [index, move] of moves.entries()) {
            const number = index + 2;
            expect([number, move, await mover.move(move)]).toEqual([number, move, answerOf(model, move, number)]);
            expect([number, move, await mover.seen()]).toEqual([number, move, model.seen]);
          }
        }),
      ),
      { numRuns: Number(process.env['RUNS'] ?? 100), seed },
    );
  });
});
