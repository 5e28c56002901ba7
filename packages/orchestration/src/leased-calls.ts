import { isStateroomError, StateroomError } from '@stateroom/core';
import type { Lease } from './turn/lease.ts';

const pauseMs = 100;

/** Calls of the storage in the name of a lease. What comes after it has run out is of no use: by then it may be somebody else's. */
export class LeasedCalls {
  readonly #lease: Lease;
  readonly #unanswered: StateroomError;
  #trouble: unknown = null;

  /** `holder` is whose lease it is, for people. */
  constructor(lease: Lease, holder: string) {
    this.#lease = lease;
    const message = `the storage did not answer while the lease of the ${holder} lasted`;
    this.#unanswered = new StateroomError('STORAGE', message);
  }

  /** What is wrong while a call goes unanswered; null else. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Calls once. */
  async answered<R>(call: () => Promise<R>): Promise<R> {
    this.#trouble ??= this.#unanswered;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(this.#trouble ?? this.#unanswered), Math.max(0, this.#lease.restMs));
    try {
      const answer = await Promise.race([call(), late]);
      this.#trouble = null;
      return answer;
    } catch (error) {
      this.#trouble = error;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls until there is an answer; then throws what the storage said. For what refuses itself once it has happened. */
  async insist<R>(call: () => Promise<R>): Promise<R> {
    for (;;) {
      try {
        return await this.answered(call);
      } catch (error) {
        if (!isPassing(error) || this.#lease.isOverdue) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}

/** Of what may be well again in a moment. */
function isPassing(error: unknown): boolean {
  return isStateroomError(error) && ['STORAGE', 'TIMEOUT', 'UNKNOWN_OUTCOME'].includes(error.code);
}
