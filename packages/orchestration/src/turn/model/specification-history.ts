import { endOf, type Ledger } from './ledger.ts';
import type { Storage } from './storage.ts';
import {
  attemptOf,
  inputInKeeping,
  messageOf,
  questionOf,
  type Run,
  type SessionRecord,
  type TurnId,
  type TurnRecord,
} from './stored.ts';
import { violated } from './violation.ts';

/** What must be so in the storage at any moment. Throws a Violation where it is not. */
export function assertSound(storage: Storage, ledger: Ledger, stepsOf: StepsOf): void {
  if (ledger.isGone) {
    assertNothingLeft(storage, ledger);
    return;
  }
  const { entries, lists } = storage;
  const { guard, record, run, lease } = entries;
  if (guard === undefined || record === undefined) return violated('records', 'guard or record is missing');
  if (lease !== undefined && run?.value.turn !== lease.value) violated('lease', 'it stands without its running turn');
  const session = {
    record: record.value,
    run: run?.value ?? null,
    messages: lists.messages?.items ?? [],
    turns: lists.turns?.items ?? [],
    ledger,
  };
  assertNothingLost(session);
  const blocks = blocksOf(session);
  blocks.forEach((block, index) => assertBlock(block, { ...session, earlier: blocks.slice(0, index) }, stepsOf));
  assertOrder(blocks, session);
  assertState(blocks, session);
  assertRecords(session);
  assertStreams(storage);
}

/** How many steps a turn has when it runs to its end. */
export type StepsOf = ReadonlyMap<TurnId, number>;

type Session = {
  readonly record: SessionRecord;
  readonly run: Run | null;
  readonly messages: readonly string[];
  readonly turns: readonly TurnRecord[];
  readonly ledger: Ledger;
};

/** The messages of one turn, without those that it was steered with. */
type Block = { readonly turn: TurnId; readonly parts: string[] };

function assertNothingLeft({ entries, lists }: Storage, { strayMail, isExpired }: Ledger): void {
  const left = [...Object.keys(entries), ...Object.keys(lists)].find(
    (key) => !strayMail.includes(key) && !(isExpired && /^(lease$|wait:|stream:)/.test(key)),
  );
  if (left !== undefined) violated('delete', `${left} stands in a session that has gone`);
}

/** A message that was acknowledged by its begin is in the history or with its run, and nothing is in both. */
function assertNothingLost({ messages, run, record, ledger }: Session): void {
  const shown = run === null ? messages : [...messages, ...inputInKeeping(run, record)];
  const said = shown.map(withoutAttempt);
  const doubled = said.find((message, index) => said.indexOf(message) !== index);
  if (doubled !== undefined) violated('doubled', `message ${doubled}`);
  const lost = ledger.begun.find((turn) => !said.includes(`${messageOf(turn)}.in`));
  if (lost !== undefined) violated('lost message', `${lost} was begun, and its message is nowhere`);
}

/** Whichever attempt has brought it, it is one message. */
function withoutAttempt(message: string): string {
  return message.endsWith('.in') ? `${messageOf(message.slice(0, -3))}.in` : message;
}

function blocksOf({ messages, record, turns }: Session): readonly Block[] {
  const takers = new Map(turns.flatMap(({ turn, taken }) => taken.map((each) => [each, turn] as const)));
  for (const each of record.open?.taken ?? []) takers.set(each, record.open?.turn ?? '');
  const blocks: Block[] = [];
  for (const message of messages) {
    const [turn = '', part = ''] = message.split('.');
    const current = blocks.at(-1);
    if (current?.turn === turn) current.parts.push(part);
    else if (part !== 'in' || current === undefined || takers.get(turn) !== current.turn) {
      if (blocks.some((block) => block.turn === turn)) violated('history', `${turn} is not in one piece`);
      blocks.push({ turn, parts: [part] });
    }
  }
  return blocks;
}

type Earlier = { readonly earlier: readonly Block[] };

/**
 * A turn in the history is its message, unless an earlier attempt has left that there, its steps in order, and its answer
 * unless it runs or has crashed.
 */
function assertBlock({ turn, parts }: Block, { run, ledger, earlier }: Session & Earlier, stepsOf: StepsOf): void {
  const status = endOf(ledger, turn)?.status ?? (run?.turn === turn ? 'running' : 'unknown');
  if (status === 'unknown') violated('history', `${turn} is in it, and neither runs nor has ended`);
  if (status === 'rolled_back') violated('rollback', `${turn} is still in the history`);
  const steps = parts.filter((part) => /^\d/.test(part)).length;
  const numbers = Array.from({ length: steps }, (_, index) => String(index + 1));
  const isSaid = earlier.some((block) => messageOf(block.turn) === messageOf(turn));
  const expected = [
    ...(isSaid ? [] : ['in']),
    ...numbers,
    ...(status === 'crashed' || status === 'running' ? [] : ['end']),
  ];
  if (parts.join() !== expected.join()) violated('history', `${turn} (${status}) has the parts ${parts.join()}`);
  if (status === 'completed' && steps !== (stepsOf.get(turn) ?? steps)) {
    violated('history', `${turn} completed with ${steps} steps of ${stepsOf.get(turn)}`);
  }
}

/**
 * Every turn that has ended and was not rolled back is in the history, in the order of the ends; but for one that has
 * crashed before its first step, and had no message of its own.
 */
function assertOrder(blocks: readonly Block[], { run, ledger }: Session): void {
  const found = blocks.map(({ turn }) => turn);
  const ended = ledger.ended
    .filter(
      ({ turn, status }) =>
        status !== 'rolled_back' && (status !== 'crashed' || found.includes(turn) || attemptOf(turn) === 1),
    )
    .map(({ turn }) => turn);
  const running = run !== null && found.at(-1) === run.turn ? [run.turn] : [];
  const expected = [...ended, ...running];
  if (found.join() !== expected.join()) violated('history', `it has the turns ${found.join()}, not ${expected.join()}`);
}

/** The state tells of all that is in the history, and of every update; the state before an open turn, of all but it. */
function assertState(blocks: readonly Block[], { record, run, ledger }: Session): void {
  const { open, state } = record;
  const told = (of: readonly Block[]) =>
    [
      ...ledger.tokens,
      ...ledger.questions.map(questionOf),
      ...of.flatMap(({ turn, parts }) => parts.filter((part) => part !== 'in').map((part) => `${turn}.${part}`)),
    ].toSorted();
  const expected = told(blocks);
  if (expected.join() !== state.join()) violated('state', `it is ${state.join()}, not ${expected.join()}`);
  if (open === null) return;
  if (open.turn !== run?.turn) violated('state', `an open part of ${open.turn}, which does not run`);
  const before = told(blocks.filter(({ turn }) => turn !== open.turn));
  if (before.join() !== open.before.join())
    violated('state', `before it was ${open.before.join()}, not ${before.join()}`);
}

function assertRecords({ record, run, messages, turns, ledger }: Session): void {
  const asText = ({ turn, status }: { readonly turn: TurnId; readonly status: string }) => `${turn} ${status}`;
  const [found, expected] = [turns.map(asText).join(), ledger.ended.map(asText).join()];
  if (found !== expected) violated('records', `there are those of ${found}, not of ${expected}`);
  if (run !== null && endOf(ledger, run.turn) !== null)
    violated('records', `${run.turn} has ended and stands as running`);
  const stored = [messages.length > 0 ? 'messages' : null, turns.length > 0 ? 'turns' : null];
  const unnamed = stored.find((name) => name !== null && !record.lists.some((each) => each === name));
  if (unnamed !== undefined) violated('records', `the record does not name the list of ${unnamed}`);
}

function assertStreams({ lists }: Storage): void {
  for (const [key, list] of Object.entries(lists)) {
    if (!key.startsWith('stream:')) continue;
    const chunks = list?.items.map(String) ?? [];
    const own = chunks.filter((chunk) => chunk !== 'again');
    if (new Set(own).size !== own.length) violated('stream', `${key} has doubled chunks: ${chunks.join()}`);
    const end = chunks.findIndex((chunk) => chunk.startsWith('end:'));
    if (end >= 0 && end < chunks.length - 1) violated('stream', `${key} goes on after its end: ${chunks.join()}`);
  }
}
