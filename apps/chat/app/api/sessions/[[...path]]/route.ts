import { createSessionRoute } from '@stateroom/ai-sdk';
import { identifyGuest } from '../../../../lib/guest.ts';
import { getServices } from '../../../../lib/services.ts';

/** A guest's own sessions: listed, shown, watched, taken back, forked and deleted. */
export const { GET, POST, DELETE } = createSessionRoute(() => {
  const { agents, storage, ttl, logger } = getServices();
  return { agents: agents.map(({ agent }) => agent), storage, ttl, logger, identify: identifyGuest };
});
