import type { PipelineStep } from '@stateroom/orchestration';
import { z } from 'zod';
import { PipelineContext } from '../server-sessions/pipeline-context.ts';
import { callUpstream } from './call-upstream.ts';

/** All that the server keeps of a user: what the steps work with. Once, and nowhere else. */
export const UpstreamState = z.strictObject({ context: PipelineContext });
export type UpstreamState = z.infer<typeof UpstreamState>;

export type UpstreamStep = PipelineStep<UpstreamState>;

/** What upstream gives out with an answer. */
const Given = z.object({ viewerId: z.number().positive().optional() });

/** A step that calls one endpoint. Without a viewer id it is skipped, unless it says that it needs none. */
export function upstreamStep(
  name: string,
  { omitViewerId = false, timeoutMs = 5_000 }: { readonly omitViewerId?: boolean; readonly timeoutMs?: number } = {},
): UpstreamStep {
  return {
    name,
    timeoutMs,
    // The upstream knows a call by its key, and carries it out once.
    isIdempotent: true,
    ...(!omitViewerId && {
      when: ({ state }) =>
        state.context.viewerId > 0 || { code: 'MISSING_VIEWER_ID', note: 'upstream has given out no viewer id' },
    }),
    run: async ({ state: { context }, previous, update, ...call }) => {
      const { upstreamBase: base, accountId, ticket, viewerId } = context;
      const request = { accountId, ticket, viewerId, after: previous?.name ?? null };
      const exchange = await callUpstream({ ...call, base, endpoint: `/${name}`, request });
      const given = Given.parse(exchange.decoded);
      if (given.viewerId !== undefined) update(withViewerId(given.viewerId));
      return exchange;
    },
  };
}

export const loadIndex = upstreamStep('load_index');

/** How a user logs in. */
export const loginPipeline: readonly UpstreamStep[] = [
  upstreamStep('pre_signup', { omitViewerId: true }),
  upstreamStep('signup', { omitViewerId: true }),
  upstreamStep('start_session'),
  loadIndex,
];

function withViewerId(viewerId: number): (state: UpstreamState) => UpstreamState {
  return ({ context }) => ({ context: { ...context, viewerId } });
}
