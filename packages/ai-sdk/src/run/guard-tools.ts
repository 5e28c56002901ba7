import { type Logger, StateroomError, toJson } from '@stateroom/core';
import type { ToolExecutionOptions, ToolSet } from 'ai';
import { z } from 'zod';
import { nameOf } from '../http/error-response.ts';
import { ToolSession } from '../agent/tool-session.ts';
import type { TurnProgress } from './turn-progress.ts';

/**
 * Why a tool did not do what it was asked. A tool throws it to tell the model and the user. Of any other error that a
 * tool throws they are told no more than that the tool failed, since it may speak of the server's own affairs.
 */
export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal';

  /** The AI SDK tells the model so; the name of a class says nothing to it. */
  override toString(): string {
    return this.message;
  }
}

/** Longer results are of no use to a model, and would weigh on every later turn. */
const maxOutputCharacters = 256 * 1024;

/**
 * The tools, each behind a guard: a call that the active step does not allow, or that comes when the turn is lost or
 * stopped, is not carried out, a result that JSON would not keep is an error at once rather than at the end of the turn,
 * and every call that ran is recorded. A tool is told the turn's id beside that of the call, and gets at the session by
 * `sessionOf`.
 */
export function guardTools(tools: ToolSet, progress: TurnProgress, logger: Logger): ToolSet {
  const entries = Object.entries(tools).map(([name, tool]) => [name, guard(tool, { name, progress, logger })] as const);
  return Object.fromEntries(entries);
}

type Post = { readonly name: string; readonly progress: TurnProgress; readonly logger: Logger };

function guard(tool: ToolSet[string], post: Post): ToolSet[string] {
  const { name, progress } = post;
  const { execute } = tool;
  if (execute === undefined) return tool;
  const guarded = (input: unknown, options: ToolExecutionOptions<unknown>) => {
    progress.turn.assertHeld();
    progress.turn.signal.throwIfAborted();
    const refusal = progress.refusal(name);
    if (refusal !== null) throw new ToolRefusal(refusal);
    const call = beginCall(post);
    const session = new ToolSession(progress, { schema: z.unknown(), toolCallId: options.toolCallId });
    const identified = { ...options, turnId: progress.turn.id, session };
    const output = attempt(() => execute(input, identified), call);
    return isAsyncIterable(output) ? watchMany(output, call) : watchOne(output, call);
  };
  return { ...tool, execute: guarded };
}

/** A call that is under way. One of its two ends is reached, once. */
type Call = { readonly name: string; readonly succeeded: () => void; readonly failed: (error: unknown) => ToolRefusal };

function beginCall({ name, progress, logger }: Post): Call {
  const startedAt = performance.now();
  const record = (ok: boolean) => progress.recordTool({ tool: name, ok, durationMs: performance.now() - startedAt });
  return {
    name,
    succeeded: () => record(true),
    failed: (error) => {
      record(false);
      if (error instanceof ToolRefusal) return error;
      logger.error({ tool: name, error: nameOf(error) }, 'a tool failed');
      return new ToolRefusal('The tool failed.', { cause: error });
    },
  };
}

/** A tool may throw before it gives a promise. */
function attempt(run: () => unknown, call: Call): unknown {
  try {
    return run();
  } catch (error) {
    throw call.failed(error);
  }
}

async function watchOne(output: unknown, call: Call): Promise<unknown> {
  try {
    const checked = keepable(call.name, await output);
    call.succeeded();
    return checked;
  } catch (error) {
    throw call.failed(error);
  }
}

async function* watchMany(outputs: AsyncIterable<unknown>, call: Call) {
  try {
    for await (const output of outputs) yield keepable(call.name, output);
    call.succeeded();
  } catch (error) {
    throw call.failed(error);
  }
}

/** The output as it will be stored. */
export function keepable(name: string, output: unknown): unknown {
  const text = jsonOf(name, output ?? null);
  if (text.length <= maxOutputCharacters) return output ?? null;
  throw new ToolRefusal(`The result of "${name}" is longer than ${maxOutputCharacters} characters and was not kept.`);
}

function jsonOf(name: string, output: unknown): string {
  try {
    return toJson(output, 'result');
  } catch (error) {
    const fault = error instanceof StateroomError ? error.message : 'it is not JSON';
    throw new ToolRefusal(`The result of "${name}" was not kept: ${fault}.`, { cause: error });
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
