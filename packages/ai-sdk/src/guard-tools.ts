import { StateroomError, toJson } from '@stateroom/core';
import type { ToolExecutionOptions, ToolSet } from 'ai';
import type { TurnProgress } from './turn-progress.ts';

/**
 * Why a tool did not do what it was asked. A tool throws it to tell the model and the user; of any other error that a
 * tool throws, the user and the transcript are told no more than that the tool failed.
 */
export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal';
}

/** Longer results are of no use to a model, and would weigh on every later turn. */
const maxOutputCharacters = 256 * 1024;

/**
 * The tools, each behind a guard: a call that the active step does not allow is not carried out, a result that JSON
 * would not keep is an error at once rather than at the end of the turn, and every call that ran is recorded.
 */
export function guardTools(tools: ToolSet, progress: TurnProgress): ToolSet {
  return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, guard(name, tool, progress)]));
}

function guard(name: string, tool: ToolSet[string], progress: TurnProgress): ToolSet[string] {
  const { execute } = tool;
  if (execute === undefined) return tool;
  const guarded = (input: unknown, options: ToolExecutionOptions<unknown>) => {
    const refusal = progress.refusal(name);
    if (refusal !== null) throw new ToolRefusal(refusal);
    const record = recorder(name, progress);
    const output = attempt(() => execute(input, options), record);
    return isAsyncIterable(output) ? watchMany(name, output, record) : watchOne(name, output, record);
  };
  return { ...tool, execute: guarded };
}

type Recorder = (ok: boolean) => void;

function recorder(tool: string, progress: TurnProgress): Recorder {
  const startedAt = performance.now();
  return (ok) => progress.recordTool({ tool, ok, durationMs: performance.now() - startedAt });
}

/** A tool may throw before it gives a promise. */
function attempt(call: () => unknown, record: Recorder): unknown {
  try {
    return call();
  } catch (error) {
    record(false);
    throw error;
  }
}

async function watchOne(name: string, output: unknown, record: Recorder): Promise<unknown> {
  try {
    const checked = keepable(name, await output);
    record(true);
    return checked;
  } catch (error) {
    record(false);
    throw error;
  }
}

async function* watchMany(name: string, outputs: AsyncIterable<unknown>, record: Recorder) {
  try {
    for await (const output of outputs) yield keepable(name, output);
    record(true);
  } catch (error) {
    record(false);
    throw error;
  }
}

/** The output as it will be stored. */
function keepable(name: string, output: unknown): unknown {
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
