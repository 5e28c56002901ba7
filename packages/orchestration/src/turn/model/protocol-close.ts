import { listsWith, nextRecord } from './next-record.ts';
import type { Closing, Context, GuardedChange, GuardedCheck } from './pending.ts';
import type { Found } from './reply.ts';
import { inputInKeeping, lettersOf, markOf, type Run, type SessionRecord, streamOf, type Version } from './stored.ts';

export type DeadTurn = {
  readonly run: Found<Run>;
  readonly record: Found<SessionRecord>;
  readonly rollsBack: boolean;
};

type ClosingParts = {
  readonly closes: Closing;
  readonly checks: readonly GuardedCheck[];
  readonly changes: readonly GuardedChange[];
};

/**
 * Closes a turn whose lease has run out, as a part of whatever comes next. Crashed, it keeps its message and its whole
 * steps; rolled back, nothing. The record is written in any case: it names the lists, and whoever has seen the
 * session before the closing has to look again.
 */
export function closeDeadTurn(dead: DeadTurn, version: Version, context: Context): ClosingParts {
  const { run, record, rollsBack } = dead;
  const { turn } = run.value;
  const open = record.value.open?.turn === turn ? record.value.open : null;
  const status = rollsBack ? 'rolled_back' : 'crashed';
  const after = rollsBack && open !== null ? open.before : record.value.state;
  const input = keptInput(dead, context);
  const lists = listsWith(record.value, input.length > 0 ? ['messages', 'turns'] : ['turns']);
  const next = nextRecord(record, { state: after, open: null, lists }, context);
  const mark = { status, turn, isInputStored: run.value.input.length === 0 || !rollsBack } as const;
  const isWritten = open !== null || !context.off.has('close.recordWritten');
  return {
    closes: { turn, status },
    checks: [
      { guard: 'close.run', key: 'run', version: run.version },
      { guard: 'close.lease', key: 'lease', version: null },
      { guard: 'close.record', key: 'record', version: record.version },
    ],
    changes: [
      { guard: 'close.mark', type: 'set', key: markOf(turn), value: mark, version, life: 'ever' },
      ...(open !== null && rollsBack ? [{ type: 'truncate', key: 'messages', length: open.base } as const] : []),
      { type: 'append', key: 'messages', items: input, life: 'ever' },
      { type: 'append', key: 'turns', items: [{ turn, status, taken: open?.taken ?? [], after }], life: 'ever' },
      ...(isWritten ? [{ type: 'set', key: 'record', value: next, version, life: 'ever' } as const] : []),
      { type: 'append', key: streamOf(turn), items: [`end:${status}`], life: 'ever' },
      { type: 'delete', key: lettersOf(turn) },
    ],
  };
}

/** The message of the dead turn, if it goes into the history now. */
function keptInput({ run, record, rollsBack }: DeadTurn, { off }: Context): readonly string[] {
  if (off.has('close.input')) return [];
  if (rollsBack && !off.has('close.inputDropped')) return [];
  return off.has('close.inputOnce') ? run.value.input : inputInKeeping(run.value, record.value);
}
