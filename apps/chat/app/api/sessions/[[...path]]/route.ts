import { createSessionRoute } from '@stateroom/ai-sdk';
import { identifyGuest } from '../../../../lib/guest.ts';
import { getServices } from '../../../../lib/services.ts';
import { shutdownSignal } from '../../../../lib/shutdown.ts';

const route = createSessionRoute(() => {
  const { agents, storage, ttl, logger } = getServices();
  return { agents: agents.map(({ agent }) => agent), storage, ttl, logger, identify: identifyGuest };
});
shutdownSignal().addEventListener('abort', () => route.close());

/** A guest's own sessions: listed, shown, watched, gone back in, forked, deleted. */
export const { GET, POST, DELETE } = route;
