import { StateroomError, type StorageEntry } from '@stateroom/core';
import { z } from 'zod';

/** What is stored of pipelines, as JSON in one entry of the session. Times are epoch milliseconds. */

/** What has come of a step. */
export const StepResult = z.object({
  /** Its place among the steps of the run, from 1 on. */
  order: z.int().min(1),
  name: z.string(),
  status: z.enum(['ok', 'skipped', 'failed']),
  /** Why it was skipped, or what it failed with. */
  note: z.string().nullable(),
  /** The same for programs. */
  code: z.string().nullable(),
  /** What it has returned, as JSON gives it back; null where there is nothing. */
  value: z.unknown(),
  startedAt: z.number(),
  endedAt: z.number(),
});
export type StepResult = z.infer<typeof StepResult>;

/** A step that has begun, and of which no result is stored. */
const BegunStep = z.object({ order: z.int().min(1), name: z.string(), startedAt: z.number() });
export type BegunStep = z.infer<typeof BegunStep>;

const StoredRun = z.object({
  runId: z.string(),
  startedAt: z.number(),
  results: z.array(StepResult),
  begun: BegunStep.nullable(),
  isOver: z.boolean(),
});
export type StoredRun = z.infer<typeof StoredRun>;

const StoredPipeline = z.object({
  name: z.string(),
  /** The run that goes on, or went on last. */
  run: StoredRun.nullable(),
  /** What the first step of the next run gets. */
  last: StepResult.nullable(),
  /** The ids of the runs before, newest first, so that none of them is begun again. */
  earlier: z.array(z.string()),
  /** The trail: the versions of the last writes to it, newest first, by which a writer finds its own. */
  writes: z.array(z.string()),
});
export type StoredPipeline = z.infer<typeof StoredPipeline>;

const format = 1;

/** All pipelines of a session. */
const StoredPipelines = z.object({
  format: z.literal(format),
  incarnation: z.string(),
  pipelines: z.array(StoredPipeline),
});
export type StoredPipelines = z.infer<typeof StoredPipelines>;

const trailLength = 8;
const earlierCount = 32;

export function noPipelines(incarnation: string): StoredPipelines {
  return { format, incarnation, pipelines: [] };
}

export function pipelineIn({ pipelines }: StoredPipelines, name: string): StoredPipeline {
  const none = { name, run: null, last: null, earlier: [], writes: [] };
  return pipelines.find((pipeline) => pipeline.name === name) ?? none;
}

/** With `next` in place of what is there of its name, written under this version. */
export function withPipeline(stored: StoredPipelines, next: StoredPipeline, version: string): StoredPipelines {
  const others = stored.pipelines.filter(({ name }) => name !== next.name);
  const written = { ...next, writes: [version, ...next.writes].slice(0, trailLength) };
  return { ...stored, pipelines: [...others, written] };
}

/** A run in place of the one before, whose id is not forgotten yet. */
export function withRun(pipeline: StoredPipeline, run: StoredRun): StoredPipeline {
  const before = pipeline.run === null || pipeline.run.runId === run.runId ? [] : [pipeline.run.runId];
  return { ...pipeline, run, earlier: [...before, ...pipeline.earlier].slice(0, earlierCount) };
}

/** What the entry holds; null where there is none. INVALID_STATE or NEWER_VERSION when it is something else. */
export function parsePipelines(entry: StorageEntry | null | undefined): StoredPipelines | null {
  if (entry === null || entry === undefined) return null;
  const parsed = parseJson(entry.value);
  const result = StoredPipelines.safeParse(parsed);
  if (result.success) return result.data;
  const path = 'pipelines';
  if (isNewer(parsed)) {
    throw new StateroomError('NEWER_VERSION', 'the pipelines of the session were written by newer code', { path });
  }
  const message = 'what is stored of the pipelines of the session is not valid; it was left as it is';
  throw new StateroomError('INVALID_STATE', message, { path });
}

function isNewer(parsed: unknown): boolean {
  const ofAnyFormat = z.object({ format: z.number() }).safeParse(parsed);
  return ofAnyFormat.success && ofAnyFormat.data.format > format;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
