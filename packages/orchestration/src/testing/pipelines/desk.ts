import { SessionManager, StateroomError, type StorageProvider, type TtlOptions, unwrap } from '@stateroom/core';
import { override } from '@stateroom/core/testing';
import { z } from 'zod';
import { PipelineManager, type PipelineManagerOptions } from '../../pipeline/pipeline-manager.ts';
import { pipelineAttachment } from '../../pipeline/pipeline-parts.ts';
import type { PipelineRunOptions } from '../../pipeline/run-request.ts';
import type { PipelineStep } from '../../pipeline/step.ts';
import type { StepResult } from '../../pipeline/stored.ts';

const Told = z.object({ told: z.array(z.string()) });
export type Told = z.infer<typeof Told>;

export const access = { owner: 'guest', agentId: 'agent' };
export const name = 'login';

/** A session that is told things, with a pipeline beside it. */
export function desk(
  storage: StorageProvider,
  { ttl, clock, ...options }: Omit<PipelineManagerOptions<Told>, 'sessions'> & DeskOptions = {},
) {
  const sessions = new SessionManager({
    storage,
    namespace: 'desk',
    schema: Told,
    initialState: () => ({ told: [] }),
    clientView: () => ({ nothing: true }),
    attachments: [pipelineAttachment],
    ...(ttl && { ttl }),
    ...(clock && { clock }),
  });
  const pipelines = new PipelineManager({ sessions, ...options });
  return {
    sessions,
    pipelines,
    create: async () => unwrap(await sessions.createSession({ ...access, sessionId: 's' })),
    run: (steps: readonly PipelineStep<Told>[], more: Partial<PipelineRunOptions<Told>> = {}) =>
      pipelines.run('s', { ...access, name, steps, ...more }),
    get: () => pipelines.get('s', { ...access, name }),
    told: async () => unwrap(await sessions.getSession('s')).data.told,
  };
}

type DeskOptions = { readonly ttl?: TtlOptions; readonly clock?: () => number };

export const tell = (word: string) => (state: Told) => ({ told: [...state.told, word] });

/** Steps that note in `log` that they ran, and return their names. */
export function logged(log: string[], ...names: readonly string[]): PipelineStep<Told>[] {
  return names.map((step) => ({
    name: step,
    run: () => {
      log.push(step);
      return step;
    },
  }));
}

/** A process that can be cut off from the storage, as one that died is. */
export function mortal(storage: StorageProvider): { readonly storage: StorageProvider; readonly die: () => void } {
  let isDead = false;
  const alive = async <R>(call: () => Promise<R>): Promise<R> => {
    if (isDead) throw new StateroomError('STORAGE', 'this process is dead');
    return call();
  };
  const own = override(storage, {
    read: (reads) => alive(() => storage.read(reads)),
    commit: (transaction) => alive(() => storage.commit(transaction)),
  });
  return {
    storage: own,
    die: () => {
      isDead = true;
    },
  };
}

/** Something that happens once, and can be waited for. */
export function moment(): { readonly happens: () => void; readonly come: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { happens: resolve, come: promise };
}

/** Resolves when a run has been lost. */
export async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return signal.reason;
}

export const brief = (results: readonly StepResult[]) =>
  results.map(({ name: step, status, code }) => [step, status, code]);

export const never = () => new Promise<never>(() => {});
