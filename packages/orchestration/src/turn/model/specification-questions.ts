import { including, type Ledger } from './ledger.ts';
import type { Begin } from './operations.ts';
import type { Note } from './pending.ts';
import { answersTo, messageOf, questionOf, type TurnId } from './stored.ts';
import type { TurnTask } from './tasks.ts';
import { violated } from './violation.ts';

/** What must be so of turns that ask, and of those that bring the answers. */

/** The ledger once a turn has begun. The question of another is taken once, and while nothing has come after it. */
export function goesOn(ledger: Ledger, { turn, answers, takes }: Extract<Note, { readonly act: 'begin' }>): Ledger {
  if (answers === null) return ledger;
  const { questions, takers } = ledger;
  const other = comeAfter(answers, ledger);
  if (other !== null) violated('question', `${turn} goes on with ${answers}, and ${other} has come after it`);
  if (takes) {
    if (!questions.includes(answers))
      violated('question', `${turn} takes the question of ${answers}, which is not open`);
    return { ...ledger, questions: questions.filter((each) => each !== answers), takers: including(takers, turn) };
  }
  if (!takers.some((taker) => messageOf(taker) === messageOf(turn))) {
    violated('question', `${turn} goes on with ${answers}, and has taken no question`);
  }
  return ledger;
}

/** The ledger once a caller was told that its turn has begun. What the answers allow is done once, by who took the question. */
export function acting(ledger: Ledger, { isActing, operation: { turn } }: TurnTask): Ledger {
  if (!isActing) return ledger;
  if (!ledger.takers.includes(turn))
    violated('question', `${turn} acts on answers to a question that it has not taken`);
  if (ledger.actors.includes(turn)) violated('question', `${turn} acts twice on the same answers`);
  return { ...ledger, actors: including(ledger.actors, turn) };
}

/** What is left of questions and answers once the session was taken back: those that are open are to be asked again. */
export function leftOf(
  { takers, actors }: Ledger,
  { kept, state }: { readonly kept: readonly TurnId[]; readonly state: readonly string[] },
): Pick<Ledger, 'questions' | 'takers' | 'actors'> {
  const isKept = (turn: TurnId) => kept.includes(turn);
  return {
    questions: kept.filter((turn) => state.includes(questionOf(turn))).toSorted(),
    takers: takers.filter(isKept),
    actors: actors.filter(isKept),
  };
}

/** Whoever is told that there is no such question was too late, or came to a turn that asks nothing. */
export function assertNotPending({ answers }: Begin, ledger: Ledger): void {
  if (answers !== null && comeAfter(answers, ledger) === null && !isFollowed(answers, ledger)) {
    violated('false alarm', `the question of ${answers} is said not to be open, and it was`);
  }
}

/** What has ended since it asked, and is no attempt at the answers; null where there is nothing such. */
function comeAfter(asking: TurnId, { ended }: Ledger): string | null {
  const index = ended.findIndex(({ turn, status }) => turn === asking && status === 'waiting');
  if (index < 0) return 'no question';
  const other = ended.slice(index + 1).find(({ turn }) => messageOf(turn) !== answersTo(asking));
  return other?.turn ?? null;
}

function isFollowed(asking: TurnId, { holder }: Ledger): boolean {
  return holder !== null && messageOf(holder.turn) !== answersTo(asking);
}
