import type { Logger, SessionParts } from '@stateroom/core';
import type { PipelineKeys } from './pipeline-parts.ts';

/** What pipelines need of sessions, whatever lists these have. */
export type PipelineSessions<T> = Pick<
  SessionParts<T, string>,
  'made' | 'keys' | 'mint' | 'now' | 'read' | 'commit' | 'open' | 'write' | 'touch' | 'touchEveryMs' | 'partTtlMs'
>;

/** What all that one manager does with pipelines has in common. */
export type PipelineContext<T> = {
  readonly parts: PipelineSessions<T>;
  readonly keysOf: (sessionId: string) => PipelineKeys;
  readonly leaseMs: number;
  readonly logger: Logger;
};
