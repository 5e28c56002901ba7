import { type Event, pausesToTick } from './events.ts';
import { type Fault, noFaults, spent } from './faults.ts';
import type { Guard } from './guards.ts';
import { newLedger, withoutSession } from './ledger.ts';
import type { Operation } from './operations.ts';
import type { Context, Pending } from './pending.ts';
import { answer, start } from './protocol.ts';
import { leave } from './protocol-line.ts';
import { Reply } from './reply.ts';
import { type Scenario, stepsIn } from './scenario.ts';
import { observed } from './specification.ts';
import { assertSound, type StepsOf } from './specification-history.ts';
import { acting } from './specification-questions.ts';
import { assertTrue } from './specification-told.ts';
import {
  type Commit,
  commit,
  emptySession,
  type Lives,
  noSession,
  refusesItself,
  tick,
  withoutSessionKeys,
} from './storage.ts';
import type { Move } from './tasks.ts';
import { violated } from './violation.ts';
import type { Caller, World } from './world.ts';

type Sender = { readonly caller: number; readonly call: number };

/** Plays a scenario from one world to the next, event by event, while the specification looks on. */
export class Simulation {
  /** All that callers were told so far, in any world. */
  readonly told = new Set<string>();
  readonly #scenario: Scenario;
  readonly #off: ReadonlySet<Guard>;
  readonly #lives: Lives;
  readonly #stepsOf: StepsOf;
  readonly #trailLength: number;
  readonly #mayBeRewound: boolean;

  constructor(scenario: Scenario, off: readonly Guard[] = []) {
    this.#scenario = scenario;
    this.#off = new Set(off);
    this.#lives = {
      ever: null,
      lease: this.#off.has('lease.life') ? null : 2,
      ticket: this.#off.has('ticket.life') ? null : 2,
      letter: scenario.letterTicks ?? null,
    };
    this.#stepsOf = stepsIn(scenario);
    this.#trailLength = scenario.trailLength ?? 1;
    this.#mayBeRewound = scenario.scripts.flat().some((operation) => operation.do === 'rewind');
  }

  first(): World {
    const { scripts, faults, startsWithout = false } = this.#scenario;
    const world: World = {
      storage: startsWithout ? noSession : emptySession,
      callers: [],
      lateCopies: [],
      faults: { ...noFaults, inAll: Infinity, ...faults },
      ledger: newLedger(startsWithout),
      minted: 1,
    };
    return scripts.reduce((before, script) => this.withCaller(before, script), world);
  }

  /** The world with one more caller, who is about to send the first commit of its script. */
  withCaller(world: World, script: readonly Operation[]): World {
    const caller = { id: world.callers.length + 1, script, call: -1, doing: null, isResent: false, result: null };
    return this.#withNextCall({ ...world, callers: [...world.callers, caller] }, caller);
  }

  /** Throws a Violation where the storage holds what it must not. */
  assertSound({ storage, ledger }: World): void {
    assertSound(storage, ledger, this.#stepsOf);
  }

  /** The world after the event. Throws a Violation where a commit took effect, or was answered, as it must not. */
  after(world: World, event: Event): World {
    const { type, who } = event;
    switch (type) {
      case 'deliver':
        return this.#delivered(world, doerAt(world, who));
      case 'lose reply': {
        const doer = doerAt(world, who);
        const sent = this.#sent(spending(world, 'loss'), senderOf(doer), doer.doing.pending).world;
        return changed(sent, { ...doer, isResent: true });
      }
      case 'copy':
        return this.#delivered(withLateCopy(world, doerAt(world, who)), doerAt(world, who));
      case 'crash':
        return changed(spending(world, 'crash'), { ...doerAt(world, who), doing: null });
      case 'crash, sent': {
        const doer = doerAt(world, who);
        return changed(spending(withLateCopy(world, doer), 'crash'), { ...doer, doing: null });
      }
      case 'leave': {
        const { task } = doerAt(world, who).doing;
        if (task.role !== 'begin') throw new Error('only who waits in line may leave it');
        return this.#moved(world, doerAt(world, who), (context) => leave(task, context));
      }
      case 'late copy': {
        const copy = world.lateCopies[who];
        if (copy === undefined) throw new Error(`there is no late copy ${who}`);
        const lateCopies = world.lateCopies.filter((each) => each !== copy);
        return this.#sent({ ...world, lateCopies }, copy, copy.pending).world;
      }
      case 'tick':
        return ticked(world);
      case 'expire':
        return expired(world);
    }
  }

  #delivered(world: World, doer: Doer): World {
    const { task, pending } = doer.doing;
    const { world: next, commit: answered } = this.#sent(world, senderOf(doer), pending);
    const reply = new Reply(answered, pending.reads, doer.isResent);
    return this.#moved(next, doer, (context) => answer({ task, pending }, reply, context));
  }

  #sent(world: World, by: Sender, pending: Pending): { readonly world: World; readonly commit: Commit } {
    const { storage: before, ledger } = world;
    const answered = commit(before, pending, this.#lives);
    const { storage: after, refused } = answered;
    if (refused.length > 0) return { world, commit: answered };
    // Without one of its guards a commit may well take effect twice.
    if (this.#off.size === 0 && !refusesItself(after, pending)) {
      violated('contract', `${pending.note.act} would take effect again if it were sent again`);
    }
    const setting = { lettersRunOut: this.#lives.letter !== null, trailLength: this.#trailLength };
    const noted = observed(ledger, { by, note: pending.note, before, after, ...setting });
    return { world: { ...world, storage: after, ledger: noted }, commit: answered };
  }

  #moved(world: World, caller: Caller, make: (context: Context) => Move): World {
    let { minted } = world;
    const mint = () => `v${minted++}`;
    const move = make({ mint, off: this.#off, trailLength: this.#trailLength });
    if ('task' in move) {
      const hasBegun = caller.doing?.task.role === 'begin' && move.task.role === 'turn';
      const ledger = hasBegun ? acting(world.ledger, move.task) : world.ledger;
      return changed({ ...world, minted, ledger }, { ...caller, doing: move, isResent: false });
    }
    const operation = caller.script[caller.call];
    if (operation === undefined) throw new Error(`caller ${caller.id} was asked nothing`);
    const { result, chunks = [] } = move;
    this.told.add(`${operation.do} ${result}`);
    const setting = { mayBeRewound: this.#mayBeRewound, trailLength: this.#trailLength };
    assertTrue({ by: senderOf(caller), operation, result, chunks, ...setting }, world.ledger, world.storage);
    return this.#withNextCall({ ...world, minted }, { ...caller, result });
  }

  #withNextCall(world: World, caller: Caller): World {
    const call = caller.call + 1;
    const operation = caller.script[call];
    if (operation === undefined) return changed(world, { ...caller, doing: null, isResent: false });
    return this.#moved(world, { ...caller, call }, (context) => start(operation, context));
  }
}

type Doer = Caller & { readonly doing: NonNullable<Caller['doing']> };

function doerAt(world: World, who: number): Doer {
  const caller = world.callers[who];
  if (caller === undefined || caller.doing === null) throw new Error(`caller ${who} does nothing`);
  return { ...caller, doing: caller.doing };
}

function senderOf({ id, call }: Caller): Sender {
  return { caller: id, call };
}

function changed(world: World, caller: Caller): World {
  return { ...world, callers: world.callers.map((each) => (each.id === caller.id ? caller : each)) };
}

function withLateCopy(world: World, doer: Doer): World {
  const copy = { ...senderOf(doer), pending: doer.doing.pending };
  return { ...spending(world, 'copy'), lateCopies: [...world.lateCopies, copy] };
}

function spending(world: World, fault: Fault): World {
  return { ...world, faults: spent(world.faults, fault) };
}

function ticked(world: World): World {
  const pauses = pausesToTick(world);
  const faults = pauses > 0 ? spent(world.faults, 'pause', pauses) : world.faults;
  const ledger = { ...world.ledger, wasPaused: world.ledger.wasPaused || pauses > 0 };
  return { ...world, faults, ledger, storage: tick(world.storage) };
}

function expired(world: World): World {
  const storage = withoutSessionKeys(world.storage);
  return { ...spending(world, 'expiry'), storage, ledger: withoutSession(world.ledger, storage, true) };
}
