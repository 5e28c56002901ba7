import { isStateroomError, unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { override } from '@stateroom/core/testing';
import fc from 'fast-check';
import type { Turn } from '../../turn/turn.ts';
import type { RunEnding } from '../turns/turn-runner.ts';
import { rooms, tell, type Told } from '../rooms.ts';
import { answersOf } from '../turns/operate.ts';
import { questionToken } from '../turns/vocabulary.ts';
import { policies } from './operations.ts';
import type { Move, TurnModel } from './turn-model.ts';
import { pass, settled } from './virtual-time.ts';

const message = fc.constantFrom('m1', 'm2', 'm3');

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('begin' as const), message, overlap: fc.constantFrom(...policies) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer' as const), message }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('step' as const, 'step' as const, 'crash' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      status: fc.constantFrom<RunEnding>('completed', 'completed', 'failed', 'waiting'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('update' as const, 'delete' as const, 'create' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), message }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rewind' as const), message: fc.option(message), keepState: fc.boolean() }),
  },
);

/** A turn waits, and is answered, whatever was before. */
const questionMoves: fc.Arbitrary<readonly Move[]> = message.map((asking): readonly Move[] => [
  { do: 'begin', message: asking, overlap: 'reject' },
  { do: 'end', status: 'waiting' },
  { do: 'answer', message: asking },
]);

export const anyMoves: fc.Arbitrary<readonly Move[]> = fc
  .array(
    fc.oneof(
      { weight: 15, arbitrary: anyMove.map((move): readonly Move[] => [move]) },
      { weight: 1, arbitrary: questionMoves },
    ),
    { maxLength: 40, size: 'max' },
  )
  .map((moves) => moves.flat());

const limits = { leaseMs: 1000, maxQueue: 1000 };
const never = new Promise<never>(() => {});

/** Makes moves, one after the other, by two processes of which one may die, and the next takes its place. */
export class Mover {
  readonly #storage = memoryStorage({ clock: Date.now });
  #processes = [this.#process(), this.#process()];
  #held: { readonly turn: Turn<Told>; readonly process: number } | null = null;
  #moves = 0;

  async move(move: Move): Promise<string> {
    this.#moves += 1;
    try {
      return await this.#make(move);
    } catch (error) {
      if (isStateroomError(error)) return error.code;
      throw error;
    } finally {
      // Long enough for letters to be heard.
      for (let passed = 0; passed < 4; passed++) {
        await settled();
        pass(100);
      }
      await settled();
    }
  }

  get part(): string {
    return `part ${this.#moves}`;
  }

  async seen() {
    const { sessions, turns, access } = rooms(this.#storage);
    const found = await sessions.getSession('s', { ...access, lists: { messages: {} } });
    if (!found.success) return null;
    const past = await turns.list('s', access);
    const view = await turns.open('s', access);
    return {
      messages: found.lists.messages?.items ?? [],
      told: found.data.told,
      turns: past.map(({ turnId, status }) => `${turnId} ${status}`),
      running: view?.running?.turnId ?? null,
    };
  }

  async #make(move: Move): Promise<string> {
    const which = this.#moves % 2;
    const process = this.#processes[which] ?? this.#process();
    const { sessions, turns, access } = process.room;
    switch (move.do) {
      case 'begin':
        return this.#begin({ messageId: move.message, input: [`${move.message}:user`], overlap: move.overlap }, which);
      case 'answer': {
        const answers = answersOf(move.message);
        return this.#begin({ ...answers, input: [`${answers.messageId}:user`] }, which);
      }
      case 'step':
      case 'end':
        return this.#hold(move);
      case 'crash':
        return this.#crash();
      case 'stop':
        return turns.stop('s', { ...access, turnId: `${move.message}#1` });
      case 'update':
        unwrap(await sessions.updateSession('s', tell(`update ${this.#moves}`), access));
        return 'updated';
      case 'rewind': {
        const turnId = move.message === null ? null : `${move.message}#1`;
        const gone = await turns.rewind('s', { ...access, turnId, keepState: move.keepState });
        return `rewound ${gone.map((turn) => turn.turnId).join()}`;
      }
      case 'delete':
        return String(unwrap(await sessions.deleteSession('s', access)).data);
      case 'create':
        unwrap(await sessions.createSession({ ...access, sessionId: 's', ifExists: 'return' }));
        return 'created';
    }
  }
  /** Whoever would have to wait goes away. */
  async #begin(wish: Wish, which: number): Promise<string> {
    const { turns, access } = this.#processes[which]?.room ?? rooms(this.#storage);
    const begun = await turns.begin('s', { ...access, ...wish, signal: AbortSignal.abort() });
    switch (begun.status) {
      case 'started':
        this.#held = { turn: begun.turn, process: which };
        return `started ${begun.turn.id}`;
      case 'finished':
        return `finished ${begun.turnId} ${begun.outcome}`;
      case 'withdrawn':
      case 'stopped':
        return begun.status;
      case 'running':
      case 'steered':
      case 'refused':
        return `${begun.status} ${begun.turnId}`;
    }
  }

  async #hold(move: Extract<Move, { do: 'step' | 'end' }>): Promise<string> {
    const turn = this.#held?.turn;
    if (turn === undefined) return 'lost';
    turn.update(tell(this.part));
    const messages = [this.part];
    try {
      if (move.do === 'step') return `stored ${namesOf(await turn.step({ messages }))}`;
      const outcome = await turn.end({ status: move.status, messages, asking: tell(questionToken(turn.id)) });
      if (outcome.status === 'steered') return `steered ${namesOf(outcome.messages)}`;
      this.#held = null;
      return `ended ${outcome.record.status}`;
    } catch {
      this.#held = null;
      return 'lost';
    }
  }

  /** The process that runs the turn dies, and its lease runs out. */
  async #crash(): Promise<string> {
    if (this.#held === null) return 'crashed';
    const { process } = this.#held;
    this.#processes[process]?.cutOff();
    this.#processes = this.#processes.with(process, this.#process());
    this.#held = null;
    for (let passed = 0; passed < limits.leaseMs; passed += 100) {
      await settled();
      pass(100);
    }
    return 'crashed';
  }

  #process() {
    let isCutOff = false;
    const reach = <R>(call: () => Promise<R>): Promise<R> => (isCutOff ? never : call());
    const network = override(this.#storage, {
      read: (reads) => reach(() => this.#storage.read(reads)),
      commit: (transaction) => reach(() => this.#storage.commit(transaction)),
    });
    return {
      room: rooms(network, limits),
      cutOff: () => {
        isCutOff = true;
      },
    };
  }
}

type Wish = Omit<Parameters<ReturnType<typeof rooms>['turns']['begin']>[1], 'owner' | 'agentId'>;

function namesOf(messages: readonly { readonly messageId: string }[]): string {
  return messages.map(({ messageId }) => messageId).join();
}

/** What the model says to a move. */
export function answerOf(model: TurnModel, move: Move, number: number): string {
  switch (move.do) {
    case 'begin':
      return model.begin(move.message, move.overlap);
    case 'answer':
      return model.answer(move.message);
    case 'step':
      return model.step(`part ${number}`);
    case 'end':
      return model.end(`part ${number}`, move.status);
    case 'crash':
      return model.crash();
    case 'stop':
      return model.stop(move.message);
    case 'update':
      return model.update(`update ${number}`);
    case 'rewind':
      return model.rewind(move.message, move.keepState);
    case 'delete':
      return model.delete();
    case 'create':
      return model.create();
  }
}
