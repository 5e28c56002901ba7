import type { Change, Check, PartKeys, SessionAttachment, StorageEntry } from '@stateroom/core';
import { parseStored, Queue, Run, TurnRecord } from './stored.ts';
import { messageIdOf, turnIdOf } from './turn-id.ts';

/** The states after the last so many turns can be gone back to. */
export const checkpointCount = 20;

/**
 * The keys of a session's turns, beside its record, its guard and the lists `messages` and `turns`:
 *
 * - `run`: the turn that runs, or died; set by begin, and its version is begin's receipt. Gone with the turn's end.
 * - `lease`: the right to run it. Lives for `leaseMs`, and has another version after each renewal.
 * - `queue`: the messages that wait for their turns, in order; `wait:M`: the ticket of one, which dies with its waiter.
 * - `turn:M`: the mark of the message M: what became of it, so that it never runs twice.
 * - `mail:T`: letters to the turn T: stop, make room, take this message along.
 * - `stream:T`: what the turn T has said, and its end.
 * - `checkpoint:N`: the state after one of the last turns.
 */
export class TurnKeys {
  readonly record: string;
  readonly guard: string;
  readonly messages: string;
  readonly turns: string;
  readonly run: string;
  readonly lease: string;
  readonly queue: string;
  readonly #keys: PartKeys;

  constructor(keys: PartKeys) {
    this.#keys = keys;
    this.record = keys.record;
    this.guard = keys.guard;
    this.messages = keys.ofList('messages');
    this.turns = keys.ofList('turns');
    this.run = keys.ofPart('run');
    this.lease = keys.ofPart('lease');
    this.queue = keys.ofPart('queue');
  }

  mark(messageId: string): string {
    return this.#keys.ofPart('turn', messageId);
  }

  ticket(messageId: string): string {
    return this.#keys.ofPart('wait', messageId);
  }

  mail(turnId: string): string {
    return this.#keys.ofPart('mail', turnId);
  }

  stream(turnId: string): string {
    return this.#keys.ofPart('stream', turnId);
  }

  /** Of the turn with this place in the list `turns`; -1 is the state before the first. */
  checkpoint(index: number): string {
    return this.#keys.ofPart('checkpoint', index < 0 ? 'start' : String(index % checkpointCount));
  }

  /** All that a turn leaves, but for its messages, its record and its checkpoint. */
  leftBy({ turnId, taken }: Pick<TurnRecord, 'turnId' | 'taken'>): string[] {
    const marks = [messageIdOf(turnId), ...taken].map((messageId) => this.mark(messageId));
    return [...marks, this.stream(turnId), this.mail(turnId)];
  }
}

/** What turns keep beside a session. Give it to the manager of the sessions: then it goes when a session goes. */
export const turnAttachment: SessionAttachment = {
  creation: (partKeys) => {
    const { run, lease, queue } = new TurnKeys(partKeys);
    return deletions([run, lease, queue]);
  },
  reads: (partKeys) => {
    const keys = new TurnKeys(partKeys);
    return { entries: [keys.run, keys.queue], lists: [{ key: keys.turns }] };
  },
  removal: (partKeys, { entries: [run, queue], lists: [turns] }) => {
    const keys = new TurnKeys(partKeys);
    const ended = (turns?.items ?? []).map((item) => parseStored(TurnRecord, item));
    const known = [...ended, parseStored(Run, run)].filter((turn) => turn !== null);
    const waiting = parseStored(Queue, queue)?.messageIds ?? [];
    const checkpoints = Array.from({ length: checkpointCount + 1 }, (_, index) => keys.checkpoint(index - 1));
    const gone = [
      keys.run,
      keys.lease,
      keys.queue,
      ...checkpoints,
      ...known.flatMap((turn) => keys.leftBy(turn)),
      ...waiting.flatMap((messageId) => [keys.ticket(messageId), keys.mail(turnIdOf(messageId, 1))]),
    ];
    return { checks: [asSeen(keys.run, run), asSeen(keys.queue, queue)], changes: deletions(gone) };
  },
  lasting: () => [],
};

/** That an entry is still as it was read. */
function asSeen(key: string, entry: StorageEntry | null | undefined): Check {
  return { key, version: entry?.version ?? null };
}

function deletions(keys: readonly string[]): Change[] {
  return [...new Set(keys)].map((key) => ({ type: 'delete', key }));
}
