import type { OverlapPolicy } from '../../turn/overlap.ts';
import { cameToNothing, type TurnStatus } from '../../turn/stored.ts';
import { answersTo, attemptOf } from '../../turn/turn-id.ts';
import type { RunEnding } from '../turns/turn-runner.ts';
import { answeredToken, questionToken } from '../turns/vocabulary.ts';

/** One of several things done to a session one after the other. */
export type Move =
  | { readonly do: 'begin'; readonly message: string; readonly overlap: OverlapPolicy }
  /** Brings the answers to what the first turn of the message waits for. */
  | { readonly do: 'answer'; readonly message: string }
  | { readonly do: 'step' }
  | { readonly do: 'crash' | 'update' | 'delete' | 'create' }
  | { readonly do: 'end'; readonly status: RunEnding }
  | { readonly do: 'stop'; readonly message: string }
  | { readonly do: 'rewind'; readonly message: string | null; readonly keepState: boolean };

type Request = 'stopped' | 'interrupted' | 'rolled_back';
type Record = { id: string; message: string; status: TurnStatus; items: string[]; taken: string[]; after: string[] };
type Run = {
  readonly id: string;
  readonly message: string;
  /** Its message, until it is stored. */
  input: string[];
  items: string[];
  readonly taken: string[];
  isAlive: boolean;
  /** What the session was told without it, once it has stored a part. */
  before: string[] | null;
  steers: string[];
};

/** What a session with turns is, in a few lines: records, one run, and letters to it. */
export class TurnModel {
  #isThere = true;
  #told: string[] = [];
  #start: string[] = [];
  #turns: Record[] = [];
  #run: Run | null = null;
  readonly #letters = new Map<string, Request>();

  /** What there is to be seen. */
  get seen() {
    if (!this.#isThere) return null;
    const items = [...this.#turns.flatMap((turn) => turn.items), ...(this.#run?.items ?? [])];
    const turns = this.#turns.map(({ id, status }) => `${id} ${status}`);
    return { messages: items, told: this.#told, turns, running: this.#run?.id ?? null };
  }

  get isHeld(): boolean {
    return this.#run?.isAlive === true;
  }

  answer(message: string): string {
    const parent = `${message}#1`;
    return this.begin(answersTo(parent), 'reject', parent);
  }

  begin(message: string, overlap: OverlapPolicy, parent: string | null = null): string {
    if (!this.#isThere) return 'NOT_FOUND';
    if (this.isHeld && this.#run?.message === message) return `running ${this.#run.id}`;
    if (this.#run?.taken.includes(message)) return `steered ${this.#run.id}`;
    const last = this.#lastOf(message);
    const isBound = parent !== null || this.#isSaid(message);
    if (last !== undefined && !(cameToNothing(last.status) && (!isBound || this.#isLast(last, message, overlap)))) {
      const isTaken = last.message !== message && !cameToNothing(last.status);
      return isTaken ? `steered ${last.id}` : `finished ${last.id} ${last.status}`;
    }
    const before = [this.#run, last].find((turn) => turn?.message === message)?.id ?? null;
    const id = `${message}#${before === null ? 1 : attemptOf(before) + 1}`;
    if (this.isHeld) return this.#overlapping(message, overlap);
    if (parent !== null && before === null && !this.#takes(parent)) return 'NOT_PENDING';
    if (this.#run !== null) this.#close(overlap === 'rollback' ? 'rolled_back' : 'crashed', []);
    const input = this.#isSaid(message) ? [] : [`${message}:user`];
    this.#run = { id, message, input, items: [], taken: [], isAlive: true, before: null, steers: [] };
    return `started ${id}`;
  }

  /** Whether the question of the turn is open, and nothing has come since; then it is so no more. */
  #takes(parent: string): boolean {
    const last = this.#turns.at(-1);
    const isOpen = this.#told.includes(questionToken(parent)) && !this.#told.includes(answeredToken(parent));
    if (this.#run !== null || last?.id !== parent || last.status !== 'waiting' || !isOpen) return false;
    this.#told.push(answeredToken(parent));
    return true;
  }

  /** Whoever comes while a turn runs does not wait, and leaves a letter to it. */
  #overlapping(message: string, overlap: OverlapPolicy): string {
    const run = this.#run;
    if (run === null) return '';
    if (overlap === 'reject') return `refused ${run.id}`;
    const asked = overlap === 'interrupt' ? 'interrupted' : overlap === 'rollback' ? 'rolled_back' : null;
    if (asked !== null && !this.#letters.has(run.id)) this.#letters.set(run.id, asked);
    if (overlap === 'steer') run.steers = [...run.steers.filter((steer) => steer !== message), message];
    return 'withdrawn';
  }

  step(part: string): string {
    return this.isHeld ? `stored ${this.#store(part).join()}` : 'lost';
  }

  end(part: string, status: RunEnding): string {
    const run = this.#run;
    if (run === null || !run.isAlive) return 'lost';
    const asked = this.#letters.get(run.id) ?? status;
    if (asked === 'completed' && run.steers.some((steer) => this.#isFresh(steer))) {
      return `steered ${this.#store(part).join()}`;
    }
    const tokens = asked === 'waiting' ? [part, questionToken(run.id)] : [part];
    this.#told.push(...(asked === 'rolled_back' ? [] : tokens));
    this.#close(asked, [part]);
    return `ended ${asked}`;
  }

  crash(): string {
    if (this.#run !== null) this.#run.isAlive = false;
    return 'crashed';
  }

  stop(message: string): string {
    if (!this.#isThere) return 'NOT_FOUND';
    const id = `${message}#1`;
    if (this.#run?.id === id) {
      if (!this.#letters.has(id)) this.#letters.set(id, 'stopped');
      return 'asked';
    }
    return this.#lastOf(message)?.id === id ? 'over' : 'unknown';
  }

  update(token: string): string {
    if (!this.#isThere) return 'NOT_FOUND';
    this.#told.push(token);
    this.#run?.before?.push(token);
    return 'updated';
  }

  rewind(message: string | null, keepState: boolean): string {
    if (!this.#isThere) return 'NOT_FOUND';
    if (this.isHeld) return 'CONFLICT';
    if (this.#run !== null) this.#close('crashed', []);
    const place = this.#turns.findIndex(({ id }) => id === `${message}#1`);
    if (place < 0 && message !== null) return 'INVALID';
    const gone = this.#turns.slice(place + 1);
    const after = this.#turns[place]?.after ?? this.#start;
    if (gone.length > 0 && !keepState) this.#told = [...after];
    this.#turns = this.#turns.slice(0, place + 1);
    for (const { id } of gone) this.#letters.delete(id);
    return `rewound ${gone.map(({ id }) => id).join()}`;
  }

  delete(): string {
    const wasThere = this.#isThere;
    for (const { id } of [...this.#turns, ...(this.#run ? [this.#run] : [])]) this.#letters.delete(id);
    [this.#isThere, this.#told, this.#turns, this.#run] = [false, [], [], null];
    return String(wasThere);
  }

  create(): string {
    this.#isThere = true;
    return 'created';
  }

  /** The last turn that was about a message, or took it along. */
  #lastOf(message: string): Record | undefined {
    return this.#turns.findLast((turn) => turn.message === message || turn.taken.includes(message));
  }

  /** Whether nothing has come since, nor does with a dead turn. */
  #isLast({ id }: Record, message: string, overlap: OverlapPolicy): boolean {
    const isFollowed = this.#run?.isAlive === false && this.#run.message !== message && overlap !== 'rollback';
    return this.#turns.at(-1)?.id === id && !isFollowed;
  }

  /** Whether it stands in a turn that is over. */
  #isSaid(message: string): boolean {
    return this.#turns.some(({ items }) => items.includes(`${message}:user`));
  }

  /** Of which nothing has come yet. */
  #isFresh(message: string): boolean {
    return this.#lastOf(message) === undefined;
  }

  /** The messages that were taken along. */
  #store(part: string): readonly string[] {
    const run = this.#run;
    if (run === null) return [];
    run.before ??= [...this.#told];
    this.#told.push(part);
    const taken = run.steers.filter((steer) => this.#isFresh(steer));
    run.items.push(...run.input, part, ...taken.map((message) => `${message}:user`));
    run.taken.push(...taken);
    [run.input, run.steers] = [[], []];
    return taken;
  }

  #close(status: TurnStatus, parts: readonly string[]): void {
    const run = this.#run;
    if (run === null) return;
    const { id, message, taken } = run;
    const isDropped = status === 'rolled_back';
    if (this.#turns.length === 0)
      this.#start = [...(run.before ?? this.#told.filter((token) => ![...parts, questionToken(id)].includes(token)))];
    if (isDropped) this.#told = [...(run.before ?? this.#told)];
    const items = isDropped ? [] : [...run.items, ...run.input, ...parts];
    this.#turns.push({ id, message, status, items, taken, after: [...this.#told] });
    this.#letters.delete(id);
    this.#run = null;
  }
}
