import fc from 'fast-check';
import type { OverlapPolicy } from '../../turn/overlap.ts';
import type { RunEnding, TurnAct } from '../turns/turn-runner.ts';

/** What a caller asks for. */
export type Operation =
  | {
      readonly do: 'begin';
      readonly messageId: string;
      readonly overlap: OverlapPolicy;
      readonly acts: readonly TurnAct[];
      readonly ending: RunEnding;
      /** Goes away after so many milliseconds, where the turn has not begun by then. */
      readonly leavesAfterMs: number | null;
      /** Takes the place of all that came after the turn of this message, or of all there is, as a message of its own. */
      readonly replacesAfter?: string | null;
    }
  /** Brings the answers to what the first turn of this message waits for. */
  | {
      readonly do: 'answer';
      readonly messageId: string;
      readonly acts: readonly TurnAct[];
      readonly ending: RunEnding;
    }
  | { readonly do: 'stop' | 'follow'; readonly messageId: string }
  | { readonly do: 'rewind'; readonly messageId: string | null }
  | { readonly do: 'update' | 'delete' | 'create' }
  | { readonly do: 'wait'; readonly ms: number };

/** One who asks for one thing after the other, of one process. */
export type Caller = { readonly process: number; readonly operations: readonly Operation[] };

export const policies = ['reject', 'enqueue', 'interrupt', 'rollback', 'steer'] as const;

const messageId = fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5');

const acts = fc.array(fc.constantFrom<TurnAct>('write', 'step', 'wait'), { maxLength: 5 });
const ending = fc.constantFrom<RunEnding>('completed', 'completed', 'completed', 'failed', 'waiting');

const begin = fc.record({
  do: fc.constant('begin' as const),
  messageId,
  overlap: fc.constantFrom(...policies),
  acts,
  ending,
  leavesAfterMs: fc.constantFrom(null, null, null, 50, 700),
});

const answer = fc.record({ do: fc.constant('answer' as const), messageId, acts, ending });

const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 600, 1500) });

/** A message whose turn waits, and the answers. */
const question: fc.Arbitrary<readonly Operation[]> = fc.tuple(begin, answer).map(([asking, answering]) => [
  { ...asking, ending: 'waiting' as const },
  { ...answering, messageId: asking.messageId },
]);

/** Of a session that stays. */
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 10, arbitrary: begin },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('stop' as const, 'follow' as const), messageId }) },
  { weight: 2, arbitrary: answer },
  { weight: 2, arbitrary: fc.constant({ do: 'update' as const }) },
  { weight: 1, arbitrary: wait },
);

const rewind = fc.record({ do: fc.constant('rewind' as const), messageId: fc.option(messageId) });

const replacement = fc
  .tuple(begin, fc.option(messageId))
  .map(([operation, replacesAfter]): Operation => ({ ...operation, replacesAfter }));

export const anyOperationWithRewinds: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 10, arbitrary: anyOperation },
  { weight: 2, arbitrary: rewind },
  { weight: 1, arbitrary: replacement },
);

export const anyOperationWithDeletions: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: anyOperation },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'create' as const) }) },
);

export function anyCallers(operation: fc.Arbitrary<Operation>, processes: number): fc.Arbitrary<readonly Caller[]> {
  const one = operation.map((each) => [each]);
  const some = fc.oneof({ weight: 8, arbitrary: one }, { weight: 1, arbitrary: question });
  const operations = fc.array(some, { minLength: 1, maxLength: 4 }).map((each) => each.flat());
  return fc.array(fc.record({ process: fc.nat(processes - 1), operations }), { minLength: 2, maxLength: 6 });
}
