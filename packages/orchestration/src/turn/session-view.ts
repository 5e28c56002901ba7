import type { ListRange, ListWindow, Reads, Snapshot, StorageEntry } from '@stateroom/core';
import { Letter, Mark, parseStored, Queue, Run, TurnRecord } from './stored.ts';
import type { TurnContext, TurnList, TurnSession } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';
import type { TurnKeys } from './turn-parts.ts';

/** What who wants to begin a turn has to see of a session: from one read, or what a commit brought back. */
export type SessionView = {
  /** Its version tells owner and agent, its value the incarnation. */
  readonly guard: StorageEntry | null;
  readonly record: StorageEntry | null;
  readonly mark: Versioned<Mark> | null;
  readonly run: Versioned<Run> | null;
  readonly lease: string | null;
  readonly queue: { readonly messageIds: readonly string[]; readonly version: string | null };
  readonly ticket: string | null;
  /** Of the messages that wait, those whose waiters were looked for, and of these those that are alive. */
  readonly lookedFor: readonly string[];
  readonly alive: readonly string[];
  readonly letters: readonly Letter[];
  /** The last of them alone. */
  readonly turns: ListWindow | undefined;
  readonly messages: ListWindow | undefined;
};

export type Versioned<V> = V & { readonly version: string };

type Wanted = {
  readonly turnId: string;
  /** Messages of whose waiters it is to be known whether they are alive. */
  readonly waiting: readonly string[];
  readonly history: Omit<ListRange, 'key'>;
};

export function viewReads(keys: TurnKeys, { turnId, waiting, history }: Wanted): Reads {
  const messageId = messageIdOf(turnId);
  const tickets = [messageId, ...waiting].map((id) => keys.ticket(id));
  return {
    entries: [keys.guard, keys.record, keys.mark(messageId), keys.run, keys.lease, keys.queue, ...tickets],
    lists: [{ key: keys.mail(turnId) }, { key: keys.turns, start: -1 }, { key: keys.messages, ...history }],
  };
}

export function viewOf({ entries, lists }: Snapshot, { waiting }: Pick<Wanted, 'waiting'>): SessionView {
  const [guard, record, mark, run, lease, queue, ticket, ...tickets] = entries;
  const [mail, turns, messages] = lists;
  return {
    guard: guard ?? null,
    record: record ?? null,
    mark: versioned(Mark, mark),
    run: versioned(Run, run),
    lease: lease?.version ?? null,
    queue: { messageIds: parseStored(Queue, queue)?.messageIds ?? [], version: queue?.version ?? null },
    ticket: ticket?.version ?? null,
    lookedFor: waiting,
    alive: waiting.filter((_, index) => tickets[index] !== null),
    letters: lettersIn(mail),
    turns,
    messages,
  };
}

export function lettersIn(mail: ListWindow | undefined): Letter[] {
  return (mail?.items ?? []).map((item) => parseStored(Letter, item)).filter((letter) => letter !== null);
}

/** A mark from before the session of this id was made anew is nothing to go by. */
export function ownMark({ mark, guard }: SessionView): Mark | null {
  return mark !== null && mark.incarnation === guard?.value ? mark : null;
}

/** The last turn that is over. */
export function lastTurn({ turns }: Pick<SessionView, 'turns'>): TurnRecord | null {
  return parseStored(TurnRecord, turns?.items.at(-1));
}

/** Whether nothing was said since this turn, nor will be by a dead turn of another message that is closed and kept. */
export function isLastTurn(
  turnId: string,
  { turns, run, lease }: Pick<SessionView, 'turns' | 'run' | 'lease'>,
  { messageId, isDeadKept }: { readonly messageId: string; readonly isDeadKept: boolean },
): boolean {
  const isDead = run !== null && lease === null && messageIdOf(run.turnId) !== messageId;
  return lastTurn({ turns })?.turnId === turnId && !(isDead && isDeadKept);
}

/** How long the session's lists are; what was there before it was made anew is none of it. */
export function lengthsIn<T>(
  { parts }: TurnContext<T>,
  opened: TurnSession<T>,
  { messages, turns }: Pick<SessionView, 'messages' | 'turns'>,
): { readonly messages: number; readonly turns: number } {
  const lengthOf = (name: TurnList, window: ListWindow | undefined) =>
    parts.list(opened, name, window && { items: [], length: window.length }).length;
  return { messages: lengthOf('messages', messages), turns: lengthOf('turns', turns) };
}

function versioned<V extends object>(
  schema: Parameters<typeof parseStored<V>>[0],
  entry: StorageEntry | null | undefined,
): Versioned<V> | null {
  const value = parseStored(schema, entry);
  return value === null || entry === null || entry === undefined ? null : { ...value, version: entry.version };
}
