import { StateroomError, toJson } from '@stateroom/core';
import type { ToolExecutionOptions, ToolSet } from 'ai';
import type { TurnProgress } from './turn-progress.ts';

/** A tool call that was not carried out, or whose result cannot be kept. Its message is for the model and the user. */
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
    const startedAt = performance.now();
    const record = (ok: boolean) => progress.recordTool({ tool: name, ok, durationMs: performance.now() - startedAt });
    const output: unknown = execute(input, options);
    return isAsyncIterable(output) ? watchMany(name, output, record) : watchOne(name, output, record);
  };
  return { ...tool, execute: guarded };
}

async function watchOne(name: string, output: unknown, record: (ok: boolean) => void): Promise<unknown> {
  try {
    const checked = keepable(name, await output);
    record(true);
    return checked;
  } catch (error) {
    record(false);
    throw error;
  }
}

async function* watchMany(name: string, outputs: AsyncIterable<unknown>, record: (ok: boolean) => void) {
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
