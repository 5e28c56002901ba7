/** What the keys of a session hold in the model. A message is `<turn>.<part>`: `A.in`, `A.1` for a step, `A.end`. */

export type TurnId = string;
/** `v0`, `v1` and so on; the explorer renames them, so that states which differ in nothing else are one state. */
export type Version = string;

/**
 * An answer's turn has the id of its message, as any turn; its later attempts have their number behind that: `A~1#2`.
 * Other messages are begun under one id for ever.
 */
export function turnOf(message: TurnId, attempt: number): TurnId {
  return attempt === 1 ? message : `${message}#${attempt}`;
}

export function messageOf(turn: TurnId): TurnId {
  const end = turn.indexOf('#');
  return end < 0 ? turn : turn.slice(0, end);
}

export function attemptOf(turn: TurnId): number {
  return turn.includes('#') ? Number(turn.slice(turn.indexOf('#') + 1)) : 1;
}

/** The message that the answers to what a turn waits for are. */
export const answersTo = (turn: TurnId) => `${turn}~1`;
/** What stands in the state while a turn's question is open. */
export const questionOf = (turn: TurnId) => `${turn}?`;

/** What others may ask of a turn that runs. */
export type Ask = 'stopped' | 'interrupted' | 'rolled_back';
export type EndStatus = 'completed' | 'waiting' | Ask;
export type TurnStatus = EndStatus | 'crashed';

/** Of a turn with stored steps: what it needs to go on after a crash, or to be rolled back. */
export type OpenTurn = {
  readonly turn: TurnId;
  /** How many messages there were before it. */
  readonly base: number;
  readonly steps: number;
  /** The steered turns whose messages it has stored. */
  readonly taken: readonly TurnId[];
  /** The state as it would be without it. */
  readonly before: readonly string[];
};

export type SessionRecord = {
  /** Sorted: which steps, turns and updates it has seen, and which questions are open. */
  readonly state: readonly string[];
  readonly open: OpenTurn | null;
  /** The lists that were begun in this session; what lies under the name of another is not the session's. */
  readonly lists: readonly TranscriptList[];
  /** The versions of the last writes, newest first. A writer whose reply was lost looks for its own here. */
  readonly trail: readonly Version[];
};

/**
 * The turn that runs or died, and the message it answers until its first step or its end has moved that. An attempt
 * whose message an earlier one has left in the history has none.
 */
export type Run = { readonly turn: TurnId; readonly attempt: number; readonly input: readonly string[] };

/** What has become of a message: how its last turn ended, and whether it stands in the history. */
export type Mark =
  | { readonly status: TurnStatus; readonly turn: TurnId; readonly isInputStored: boolean }
  | { readonly status: 'steered'; readonly into: TurnId };

export type TurnRecord = {
  readonly turn: TurnId;
  readonly status: TurnStatus;
  readonly taken: readonly TurnId[];
  /** The state after it. */
  readonly after: readonly string[];
};

export type EntryValues = {
  readonly guard: 'session';
  readonly record: SessionRecord;
  readonly run: Run;
  readonly lease: TurnId;
  readonly queue: readonly TurnId[];
  readonly [mark: `turn:${string}`]: Mark;
  readonly [ticket: `wait:${string}`]: TurnId;
};

export type ListItems = {
  readonly messages: string;
  readonly turns: TurnRecord;
  /** Letters: an ask, or the id of a steered turn. */
  readonly [letters: `mail:${string}`]: string;
  readonly [stream: `stream:${string}`]: string;
};

export type TranscriptList = 'messages' | 'turns';
export type EntryKey = keyof EntryValues;
export type ListKey = keyof ListItems;

/** The version of the guard: a digest of owner and agent, and so the same in each session made under this id. */
export const guardVersion = 'owner';

export const markOf = (turn: TurnId) => `turn:${messageOf(turn)}` as const;
export const ticketOf = (turn: TurnId) => `wait:${turn}` as const;
export const lettersOf = (turn: TurnId) => `mail:${turn}` as const;
export const streamOf = (turn: TurnId) => `stream:${turn}` as const;

/** The message that a run has in keeping: none once a step of it is stored, since that moved it. */
export function inputInKeeping(run: Run, record: SessionRecord): readonly string[] {
  return record.open?.turn === run.turn ? [] : run.input;
}

export function isAsk(letter: string): letter is Ask {
  return letter === 'stopped' || letter === 'interrupted' || letter === 'rolled_back';
}
