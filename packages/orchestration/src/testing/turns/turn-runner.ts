import { isStateroomError } from '@stateroom/core';
import { type Turn, TurnStopped } from '../../turn/turn.ts';
import { tell as tellState, type Told } from '../rooms.ts';
import type { Tell } from './accounts.ts';
import { partItems, partToken, questionToken } from './vocabulary.ts';

export type TurnAct = 'write' | 'step' | 'wait';
export type RunEnding = 'completed' | 'failed' | 'waiting';

/** How a run went that has not come to its end: its turn was lost, or its storage was. */
export type RunLoss = 'LEASE_LOST' | 'NOT_FOUND' | 'STORAGE' | 'TIMEOUT' | 'UNKNOWN_OUTCOME';

/**
 * Runs a turn as a host does: says and stores one thing after the other, ends when it is asked to, answers what it has
 * taken along, and gives up when the turn is lost. Tells what was acknowledged.
 */
export class TurnRunner {
  readonly #turn: Turn<Told>;
  readonly #by: string;
  readonly #tell: Tell;
  #parts = 0;
  #words = 0;

  constructor(turn: Turn<Told>, by: string, tell: Tell) {
    this.#turn = turn;
    this.#by = by;
    this.#tell = tell;
    tell({ type: 'begun', turnId: turn.id, by });
  }

  /** Null when it came to its end. Throws what no host has to reckon with. */
  async run(acts: readonly TurnAct[], ending: RunEnding, sleep: () => Promise<void>): Promise<RunLoss | null> {
    const doing = { write: () => this.write(), step: () => this.step(), wait: sleep };
    return untilLost(async () => {
      for (const act of acts) {
        if (this.#turn.signal.aborted) break;
        await doing[act]();
      }
      await this.#end(ending);
    });
  }

  /** Of words it is known that they are stored when the turn has ended. */
  async write(): Promise<void> {
    const word = this.#words++;
    await this.#turn.write({ turn: this.#turn.id, by: this.#by, word });
  }

  async step(): Promise<void> {
    const { turn, by, part } = this.#nextPart();
    const taken = await this.#turn.step({ messages: partItems(turn, by, part) });
    this.#tellStored(part, taken);
  }

  /** As `run` without acts. */
  async end(ending: RunEnding = 'completed'): Promise<RunLoss | null> {
    return untilLost(() => this.#end(ending));
  }

  async #end(status: RunEnding): Promise<void> {
    const { signal } = this.#turn;
    if (signal.aborted && !(signal.reason instanceof TurnStopped)) throw signal.reason;
    const { turn, by, part } = this.#nextPart();
    const asking = tellState(questionToken(turn));
    const outcome = await this.#turn.end({ status, messages: partItems(turn, by, part), asking });
    if (outcome.status === 'ended') {
      this.#tell({ type: 'ended', turnId: turn, by, status: outcome.record.status, words: this.#words });
      return;
    }
    this.#tellStored(part, outcome.messages);
    return this.#end(status);
  }

  #nextPart(): { readonly turn: string; readonly by: string; readonly part: number } {
    const next = { turn: this.#turn.id, by: this.#by, part: this.#parts++ };
    this.#turn.update(tellState(partToken(next)));
    return next;
  }

  #tellStored(part: number, taken: readonly { readonly messageId: string }[]): void {
    const messageIds = taken.map(({ messageId }) => messageId);
    this.#tell({ type: 'stored', turnId: this.#turn.id, by: this.#by, part, taken: messageIds });
  }
}

async function untilLost(work: () => Promise<void>): Promise<RunLoss | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return lossOf(error);
  }
}

function lossOf(error: unknown): RunLoss {
  if (!isStateroomError(error)) throw error;
  const { code } = error;
  if (code === 'LEASE_LOST' || code === 'NOT_FOUND' || code === 'STORAGE') return code;
  if (code === 'TIMEOUT' || code === 'UNKNOWN_OUTCOME') return code;
  throw error;
}
