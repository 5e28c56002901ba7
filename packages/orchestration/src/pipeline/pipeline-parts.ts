import { isStateroomError, type PartKeys, type SessionAttachment } from '@stateroom/core';
import { parsePipelines, type StoredPipelines } from './stored.ts';

/**
 * The keys of a session's pipelines, beside its record and its guard:
 *
 * - `pipelines:runs`: of each pipeline the last run with its results, and what it hands to the next.
 * - `pipeline:N`: the right to run the pipeline N. Lives for `leaseMs`, has another version after each renewal, and
 *   holds the incarnation of the session that it is for.
 */
export type PipelineKeys = {
  readonly record: string;
  readonly guard: string;
  readonly runs: string;
  readonly lease: (name: string) => string;
};

export function pipelineKeys({ record, guard, ofPart }: PartKeys): PipelineKeys {
  return { record, guard, runs: ofPart('pipelines', 'runs'), lease: (name) => ofPart('pipeline', name) };
}

/** What pipelines keep beside a session. Give it to the manager of the sessions: then it goes when a session goes. */
export const pipelineAttachment: SessionAttachment = {
  creation: (partKeys) => [{ type: 'delete', key: pipelineKeys(partKeys).runs }],
  reads: (partKeys) => ({ entries: [pipelineKeys(partKeys).runs] }),
  removal: (partKeys, { entries: [entry] }) => {
    const { runs, lease } = pipelineKeys(partKeys);
    const stored = unlessUnreadable(() => parsePipelines(entry));
    const leases = (stored?.pipelines ?? []).map(({ name }) => lease(name));
    return {
      checks: [{ key: runs, version: entry?.version ?? null }],
      changes: [runs, ...leases].map((key) => ({ type: 'delete', key })),
    };
  },
  lasting: (partKeys) => [pipelineKeys(partKeys).runs],
};

/** What cannot be read can be deleted all the same; its leases are over soon. */
function unlessUnreadable(parse: () => StoredPipelines | null): StoredPipelines | null {
  try {
    return parse();
  } catch (error) {
    if (isStateroomError(error)) return null;
    throw error;
  }
}
