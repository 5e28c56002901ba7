import type { Logger } from '@stateroom/core';
import type { FinishReason, LanguageModelUsage, UIMessageChunk } from 'ai';
import { nameOf } from '../http/error-response.ts';
import type { TurnProgress } from './turn-progress.ts';

/** How much there is of what a model was asked and of what it has answered, in characters. */
type Lengths = { readonly read: number; readonly written: number };

export type ModelWatchOptions = {
  readonly progress: TurnProgress;
  readonly logger: Logger;
  /** Of the model step that is under way. */
  readonly lengths: () => Lengths;
};

/** What becomes of the calls of a model: what they use, whether the last came to its end, and why it did not. */
export class ModelWatch {
  /** Why the model failed, when it last did. */
  fault: unknown = null;
  readonly #options: ModelWatchOptions;
  #isWell = true;
  #isInStep = false;
  #hasAnswered = false;

  constructor(options: ModelWatchOptions) {
    this.#options = options;
  }

  /** Whether what the model was last asked for came whole. */
  get isWell(): boolean {
    return this.#isWell;
  }

  begin(): void {
    this.#isWell = true;
  }

  beginStep(): void {
    this.#isInStep = true;
    this.#hasAnswered = false;
  }

  hear(chunk: UIMessageChunk): void {
    if (chunk.type === 'error') this.#isWell = false;
    // A stream that ends before the answer does may end well, and no error tells of it.
    if (chunk.type === 'finish' && (chunk.finishReason === 'interrupted' || chunk.finishReason === 'error'))
      this.#isWell = false;
    if (chunk.type !== 'start-step') return;
    this.#hasAnswered = true;
    // What went wrong in a step that the model has gone on from is behind it.
    this.#isWell = true;
  }

  endStep({ usage, finishReason }: { usage: LanguageModelUsage; finishReason: FinishReason }): void {
    this.#isInStep = false;
    if (usage.inputTokens === undefined && usage.outputTokens === undefined) this.#estimateUsage();
    else this.#options.progress.recordUsage(usage);
    if (finishReason === 'interrupted') this.log(new Error('the stream ended before the answer did'));
  }

  /** A step that was cut off does not tell what it has used; one that was turned down has used nothing. */
  settleStep({ isStopped }: { readonly isStopped: boolean }): void {
    if (this.#isInStep && (isStopped || this.#hasAnswered)) this.#estimateUsage();
  }

  fail(error: unknown): void {
    this.#isWell = false;
    this.log(error);
  }

  log(error: unknown): void {
    this.fault = error;
    this.#options.logger.error({ error: nameOf(error) }, 'a model call failed');
  }

  #estimateUsage(): void {
    this.#options.progress.estimateUsage(this.#options.lengths());
  }
}
