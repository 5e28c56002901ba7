import {
  type Access,
  type Change,
  type OpenSession,
  type Reads,
  type Snapshot,
  StateroomError,
  type StorageEntry,
} from '@stateroom/core';
import type { PipelineContext } from './pipeline-context.ts';
import type { PipelineKeys } from './pipeline-parts.ts';
import {
  noPipelines,
  parsePipelines,
  pipelineIn,
  type StoredPipeline,
  type StoredPipelines,
  withPipeline,
} from './stored.ts';

/** Which pipeline, and who asks. */
export type PipelineTarget = { readonly sessionId: string; readonly name: string; readonly access: Access };

/** A session with one of its pipelines, at one moment. */
export type SeenPipeline<T> = {
  readonly session: OpenSession<T, string>;
  /** The version of the guard. */
  readonly guard: string;
  readonly stored: StoredPipelines;
  /** The version of the entry that holds it. */
  readonly version: string | null;
  readonly pipeline: StoredPipeline;
  readonly lease: StorageEntry | null;
  /** Whether somebody runs it; a lease from before the session was made anew is nobody's. */
  readonly isHeld: boolean;
};

export function pipelineReads(keys: PipelineKeys, name: string): Reads {
  return { entries: [keys.guard, keys.record, keys.runs, keys.lease(name)] };
}

/** NOT_FOUND when the session is not there, or not for this access. */
export async function seenPipeline<T>(
  { parts }: PipelineContext<T>,
  { sessionId, name, access }: PipelineTarget,
  { entries: [guard, record, runs, lease] }: Snapshot,
): Promise<SeenPipeline<T>> {
  // A session in its time of grace has a record, and no guard.
  if (guard === null || guard === undefined) throw new StateroomError('NOT_FOUND', 'there is no such session');
  const session = await parts.open(sessionId, record, access);
  const found = parsePipelines(runs);
  // What an expired session of this id has left behind is none of this one's.
  const stored = found?.incarnation === session.incarnation ? found : noPipelines(session.incarnation);
  return {
    session,
    guard: guard.version,
    stored,
    version: runs?.version ?? null,
    pipeline: pipelineIn(stored, name),
    lease: lease ?? null,
    isHeld: lease?.value === session.incarnation,
  };
}

/** What came of putting a pipeline in place of what was seen, and what is there now. */
export type Put<T> = {
  readonly isMine: boolean;
  readonly seen: SeenPipeline<T>;
  readonly version: string;
  readonly sentAt: number;
};

/**
 * Puts `next` in place of a pipeline that nobody runs, if all is as it was seen; with the right to run it, if `takes`.
 * Whoever takes that moves the entry on, so that its version tells of the lease, too.
 */
export async function putPipeline<T>(
  context: PipelineContext<T>,
  { target, seen }: { readonly target: PipelineTarget; readonly seen: SeenPipeline<T> },
  { next, takes }: { readonly next: StoredPipeline; readonly takes: boolean },
): Promise<Put<T>> {
  const { parts, leaseMs } = context;
  const { session, stored } = seen;
  const keys = context.keysOf(target.sessionId);
  const lease = keys.lease(target.name);
  const version = parts.mint();
  const held = { type: 'set', key: lease, value: session.incarnation, version, ttlMs: leaseMs } as const;
  const put = setPipelines(context, session, { next: withPipeline(stored, next, version), version });
  const sentAt = performance.now();
  const { committed, snapshot } = await parts.commit({
    checks: [
      { key: keys.guard, version: seen.guard },
      { key: keys.runs, version: seen.version },
    ],
    changes: takes ? [put, held] : [put],
    reads: pipelineReads(keys, target.name),
  });
  const found = await seenPipeline(context, target, snapshot);
  assertSameSession(seen, found);
  return { isMine: committed || found.pipeline.writes.includes(version), seen: found, version, sentAt };
}

/** NOT_FOUND when another session bears the id by now. */
export function assertSameSession<T>(seen: SeenPipeline<T>, found: SeenPipeline<T>): void {
  if (found.session.incarnation === seen.session.incarnation) return;
  throw new StateroomError('NOT_FOUND', 'the session is gone, and another one bears its id');
}

/** The change that stores all pipelines of the session. */
export function setPipelines<T>(
  { parts, keysOf }: PipelineContext<T>,
  session: OpenSession<T, string>,
  { next, version }: { readonly next: StoredPipelines; readonly version: string },
): Change {
  const key = keysOf(session.sessionId).runs;
  return { type: 'set', key, value: JSON.stringify(next), version, ttlMs: parts.partTtlMs(session) };
}
