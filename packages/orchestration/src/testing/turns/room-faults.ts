import { messageIdOf } from '../../turn/turn-id.ts';
import { type Block, blocksOf, partsIn, tokensIn } from './blocks.ts';
import type { RoomState } from './room-state.ts';
import { streamFaults } from './stream-faults.ts';
import { answeredToken, isAside, questionToken } from './vocabulary.ts';

/** What must never be so of a session, whenever it is looked at: none of it is the empty list. */
export function roomFaults(room: RoomState): string[] {
  if (room.record === null || !room.hasGuard) return remainsFaults(room);
  const blocks = blocksOf(room);
  return [
    ...tilingFaults(room),
    ...blocks.flatMap((block) => blockFaults(block)),
    ...messageFaults(room, blocks),
    ...stateFaults(room, blocks),
    ...questionFaults(room),
    ...markFaults(room),
    ...leaseFaults(room),
    ...streamFaults(room),
  ];
}

/** A letter to a turn that never began is found by nobody who deletes the session; it goes by itself. */
function remainsFaults({ keys }: RoomState): string[] {
  const left = keys.filter((key) => !key.startsWith(':mail:'));
  return left.length === 0 ? [] : [`left over in a session that is not there: ${left.join(' ')}`];
}

/** The turns cover the transcript, one behind the other. */
function tilingFaults({ turns, run, messages }: RoomState): string[] {
  let end = 0;
  const faults: string[] = [];
  for (const { turnId, messages: range } of turns) {
    if (range.from !== end) faults.push(`${turnId} begins at ${range.from} of the transcript, not at ${end}`);
    end = range.to;
  }
  if (run !== null && run.base !== null && run.base !== end) faults.push(`the running turn begins at ${run.base}`);
  if ((run === null || run.base === null) && messages.length !== end)
    faults.push(`the transcript has ${messages.length} items, its turns ${end}`);
  return faults;
}

/** A turn is its message, whole parts in order, behind each the messages it took along there, and an end if it had one. */
function blockFaults({ turnId, status, taken, items }: Block): string[] {
  const faults: string[] = [];
  const parts = partsIn(items);
  const runs = new Set(parts.map(({ by }) => by));
  if (runs.size > 1) faults.push(`${turnId} was run by ${[...runs].join(' and ')} at once`);
  for (const item of parts) if (item.turn !== turnId) faults.push(`${item.turn} stands in ${turnId}`);
  parts.forEach(({ part, half }, index) => {
    if (part * 2 + half !== index) faults.push(`${turnId} has part ${part}.${half} at place ${index}`);
  });
  if (parts.length % 2 === 1) faults.push(`${turnId} has half a part`);
  const users = items.flatMap((item) => ('user' in item ? [item.user] : []));
  const own = users.filter((messageId) => messageId !== messageIdOf(turnId));
  if (own.join() !== taken.join() && status !== 'rolled_back')
    faults.push(`${turnId} took ${taken.join() || 'none'} along, and has ${own.join() || 'none'}`);
  if (status === 'rolled_back' && items.length > 0) faults.push(`${turnId} was rolled back, and stands there`);
  if (isEnded(status) && parts.length === 0) faults.push(`${turnId} has ended without its last part`);
  return faults;
}

/** Of runs that stored a part with their end. */
function isEnded(status: Block['status']): boolean {
  return status !== null && status !== 'rolled_back' && status !== 'crashed';
}

/** Each message once, before whatever answers it, and answered to an end once at the most. */
function messageFaults({ run, turns }: RoomState, blocks: readonly Block[]): string[] {
  const faults: string[] = [];
  const said = blocks.flatMap(({ items }) => items.flatMap((item) => ('user' in item ? [item.user] : [])));
  for (const messageId of doubles(said)) faults.push(`the message ${messageId} stands there twice`);
  for (const messageId of run?.input.flatMap(userOf) ?? [])
    if (said.includes(messageId)) faults.push(`the message ${messageId} is there, and is to come`);
  for (const { turnId, status } of blocks)
    if (status !== 'rolled_back' && !said.includes(messageIdOf(turnId))) faults.push(`${turnId} answers no message`);
  const answered = turns.filter(({ status }) => isEnded(status) && status !== 'failed');
  const answers = answered.flatMap(({ turnId, taken }) => [messageIdOf(turnId), ...taken]);
  for (const messageId of doubles(answers)) faults.push(`the message ${messageId} was answered twice`);
  for (const turnId of doubles(turns.map((turn) => turn.turnId))) faults.push(`${turnId} is recorded twice`);
  return faults;
}

function stateFaults({ record, run }: RoomState, blocks: readonly Block[]): string[] {
  if (record === null) return [];
  const faults = disagreement('state', record.told, blocks);
  const isOpen = run !== null && run.base !== null;
  if (isOpen !== (record.toldBefore !== null)) faults.push(isOpen ? 'a turn without its draft' : 'a draft of no turn');
  if (record.toldBefore === null) return faults;
  const before = disagreement('state before', record.toldBefore, isOpen ? blocks.slice(0, -1) : blocks);
  const asides = (told: readonly string[]) => told.filter(isAside).join();
  if (asides(record.told) !== asides(record.toldBefore)) faults.push('an update is in one of the states alone');
  return [...faults, ...before];
}

function disagreement(name: string, told: readonly string[], blocks: readonly Block[]): string[] {
  const inTranscript = blocks.flatMap(({ items }) => tokensIn(items)).join();
  const inState = told.filter((token) => !isAside(token)).join();
  const faults = doubles(told).map((token) => `${token} is told twice`);
  if (inState !== inTranscript) faults.push(`the ${name} has [${inState}], the history [${inTranscript}]`);
  return faults;
}

/** Who waits has asked, and only what goes on with that has the answer. */
function questionFaults({ record, run, turns }: RoomState): string[] {
  const found = record?.told.filter((token) => /^(question|answered) /.test(token)) ?? [];
  const asked = turns.filter(({ status }) => status === 'waiting').map(({ turnId }) => questionToken(turnId));
  const parents = [...turns, run].flatMap((turn) => turn?.parentTurnId ?? []);
  const expected = [...new Set([...asked, ...parents.map(answeredToken)])];
  return [
    ...expected.filter((token) => !found.includes(token)).map((token) => `the state lacks: ${token}`),
    ...found.filter((token) => !expected.includes(token)).map((token) => `the state has, for no turn: ${token}`),
  ];
}

/** A message whose turn is over, or that was taken along, bears a mark by which it is known; no other does. */
function markFaults({ turns, run, marks }: RoomState): string[] {
  const last = new Map(turns.map((turn) => [messageIdOf(turn.turnId), turn]));
  const unmarked = [...last].flatMap(([messageId, { turnId, status }]) => {
    const mark = marks.get(messageId);
    if (mark?.status === 'steered') return [];
    return mark?.turnId === turnId && mark.status === status ? [] : [`${turnId} is over, and not marked as ${status}`];
  });
  const turnIds = new Set([...turns.map(({ turnId }) => turnId), run?.turnId]);
  const marked = [...marks].flatMap(([messageId, { turnId }]) =>
    turnIds.has(turnId) ? [] : [`${messageId} is marked with ${turnId}, which is not there`],
  );
  return [...unmarked, ...marked];
}

function leaseFaults({ lease, run, turns }: RoomState): string[] {
  const faults =
    lease !== null && lease.turnId !== run?.turnId ? [`the lease of ${lease.turnId} is not its run's`] : [];
  const isOver = turns.some(({ turnId }) => turnId === run?.turnId);
  return isOver ? [...faults, `${run?.turnId} is over, and stands as running`] : faults;
}

function userOf(item: unknown): string[] {
  return typeof item === 'object' && item !== null && 'user' in item ? [String(item.user)] : [];
}

function doubles(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
