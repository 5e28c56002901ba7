import { createChatRoute } from '@stateroom/ai-sdk';
import { after } from 'next/server';
import { identifyGuest } from '../../../../lib/guest.ts';
import { getServices } from '../../../../lib/services.ts';

/** One new message of a user in, the answer as a stream out: one route for every agent of the app. */
export const { POST } = createChatRoute(() => {
  const { agents, storage, ttl, logger } = getServices();
  const waitUntil = (turn: Promise<void>) => after(turn);
  return { agents: agents.map(({ agent }) => agent), storage, ttl, logger, identify: identifyGuest, waitUntil };
});
