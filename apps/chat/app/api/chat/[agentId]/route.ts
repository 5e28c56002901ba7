import { createChatRoute } from '@stateroom/ai-sdk';
import { after } from 'next/server';
import { identifyGuest } from '../../../../lib/guest.ts';
import { getServices } from '../../../../lib/services.ts';
import { shutdownSignal } from '../../../../lib/shutdown.ts';

const route = createChatRoute(() => {
  const { agents, storage, ttl, turns, logger } = getServices();
  const waitUntil = (turn: Promise<void>) => after(turn);
  return { agents: agents.map(({ agent }) => agent), storage, ttl, turns, logger, identify: identifyGuest, waitUntil };
});
// Turns end as interrupted with what they have said, and can go on in another process at once.
shutdownSignal().addEventListener('abort', () => void route.close());

/** One new message of a user in, the answer as a stream out, to be followed and stopped: one route for every agent. */
export const { GET, POST, DELETE } = route;
