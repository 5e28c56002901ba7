import type { StorageProvider } from '@stateroom/core';
import { override } from '@stateroom/core/testing';

export type HeldStorage = {
  readonly storage: StorageProvider;
  /** From now on so many commands are answered, and those behind them held. */
  readonly hold: (answers: number) => void;
  /** Resolves when a command is held. */
  readonly untilHeld: () => Promise<void>;
  /** Answers those that are held, and all that come. */
  readonly release: () => void;
  /** What was asked for since it was told to hold, held or not. */
  readonly commands: () => readonly string[];
};

/** A storage far away: who waits for a command is told apart from who only sends it. */
export function heldStorage(inner: StorageProvider): HeldStorage {
  let answers = Infinity;
  let commands: string[] = [];
  let held = Promise.withResolvers<void>();
  let released = Promise.withResolvers<void>();
  const reach = async <R>(command: string, call: () => Promise<R>): Promise<R> => {
    commands.push(command);
    if (commands.length > answers) {
      held.resolve();
      await released.promise;
    }
    return call();
  };
  return {
    storage: override(inner, {
      read: (reads) => reach('read', () => inner.read(reads)),
      commit: (transaction) => reach('commit', () => inner.commit(transaction)),
    }),
    hold: (count) => {
      answers = count;
      commands = [];
      held = Promise.withResolvers();
      released = Promise.withResolvers();
    },
    untilHeld: () => held.promise,
    release: () => {
      answers = Infinity;
      released.resolve();
    },
    commands: () => commands,
  };
}
